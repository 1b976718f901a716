# The tables as they stand; rewritten until the first release.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='代码')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('level', models.CharField(choices=[('district', '区'), ('street', '街道'), ('community', '社区')], max_length=10, verbose_name='级别')),
                ('phone', models.CharField(blank=True, default='', max_length=30, verbose_name='办公电话')),
                ('office', models.CharField(blank=True, default='', max_length=120, verbose_name='办公地点和时间')),
            ],
            options={
                'verbose_name': '地区',
                'verbose_name_plural': '地区',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Compound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=14, unique=True, verbose_name='小区编号')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='所在地区')),
                ('name', models.CharField(max_length=60, verbose_name='小区')),
                ('address', models.CharField(blank=True, default='', max_length=120, verbose_name='地址')),
                ('built_year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='建成年份')),
                ('note', models.CharField(blank=True, default='', max_length=300, verbose_name='备注')),
                ('owners_body', models.CharField(choices=[('none', '没有'), ('owners_committee', '业主委员会'), ('property_committee', '物业管理委员会')], default='none', max_length=20, verbose_name='业委会或物管会')),
                ('created_at', models.DateTimeField(verbose_name='建立时间')),
            ],
            options={
                'verbose_name': '小区',
                'verbose_name_plural': '小区',
                'ordering': ['area_code'],
            },
        ),
        migrations.CreateModel(
            name='Building',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=20, verbose_name='楼号')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='buildings', to='compounds.compound')),
            ],
            options={
                'verbose_name': '楼',
                'verbose_name_plural': '楼',
                'ordering': ['compound', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Entrance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=20, verbose_name='单元')),
                ('building', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entrances', to='compounds.building')),
            ],
            options={
                'verbose_name': '单元',
                'verbose_name_plural': '单元',
                'ordering': ['building', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Dwelling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('room', models.CharField(max_length=20, verbose_name='房号')),
                ('area', models.DecimalField(decimal_places=4, max_digits=12, verbose_name='建筑面积')),
                ('area_source', models.CharField(choices=[('registered', '产权登记'), ('surveyed', '测绘'), ('contract', '合同'), ('unit_ledger', '售房单位台账'), ('declared', '居民自报')], default='declared', max_length=12, verbose_name='面积来源')),
                ('tenure', models.CharField(choices=[('reform', '房改房'), ('commodity', '商品房'), ('unsold_public', '未售公房'), ('central', '央产'), ('military', '军产'), ('other', '其他')], default='reform', max_length=14, verbose_name='房屋性质')),
                ('use', models.CharField(choices=[('dwelling', '住宅'), ('shop', '商业'), ('garage', '车库'), ('cellar', '地下室'), ('other', '其他')], default='dwelling', max_length=10, verbose_name='用途')),
                ('votes', models.BooleanField(default=True, verbose_name='参加表决')),
                ('vacant', models.BooleanField(default=False, verbose_name='空置')),
                ('representative', models.CharField(blank=True, default='', max_length=40, verbose_name='户代表')),
                ('representative_phone', models.CharField(blank=True, default='', max_length=30, verbose_name='户代表电话')),
                ('building', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dwellings', to='compounds.building')),
                ('entrance', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dwellings', to='compounds.entrance')),
            ],
            options={
                'verbose_name': '房屋',
                'verbose_name_plural': '房屋',
                'ordering': ['building', 'entrance', 'room'],
            },
        ),
        migrations.CreateModel(
            name='Owner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='所在社区')),
                ('name', models.CharField(max_length=60, verbose_name='产权人')),
                ('phone', models.CharField(blank=True, default='', max_length=30, verbose_name='电话')),
            ],
            options={
                'verbose_name': '产权人',
                'verbose_name_plural': '产权人',
                'indexes': [models.Index(fields=['area_code', 'name'], name='owner_by_name')],
            },
        ),
        migrations.CreateModel(
            name='Ownership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('votes', models.BooleanField(default=False, verbose_name='代表表决')),
                ('dwelling', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ownerships', to='compounds.dwelling')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ownerships', to='compounds.owner')),
            ],
            options={
                'verbose_name': '产权',
                'verbose_name_plural': '产权',
            },
        ),
        migrations.CreateModel(
            name='PropertyUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='所在地区')),
                ('name', models.CharField(max_length=80, verbose_name='产权单位')),
            ],
            options={
                'verbose_name': '产权单位',
                'verbose_name_plural': '产权单位',
                'constraints': [models.UniqueConstraint(fields=('area_code', 'name'), name='propertyunit_one_per_name')],
            },
        ),
        migrations.AddField(
            model_name='dwelling',
            name='property_unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dwellings', to='compounds.propertyunit'),
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('district_admin', '区级管理员'), ('street_staff', '街道工作人员'), ('community_clerk', '社区录入员'), ('community_secretary', '社区书记'), ('street_deputy', '街道主管副主任'), ('committee_cashier', '出纳'), ('committee_bookkeeper', '记账员'), ('committee_head', '自管会主任'), ('committee_deputy', '自管会副主任'), ('auditor', '监督员'), ('account_admin', '账号管理员')], max_length=30, verbose_name='角色')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='管辖范围')),
                ('from_on', models.DateField(verbose_name='从')),
                ('until_on', models.DateField(blank=True, null=True, verbose_name='到（含）')),
                ('given_at', models.DateTimeField(verbose_name='任命时间')),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁任命')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
            ],
            options={
                'verbose_name': '任职',
                'verbose_name_plural': '任职',
                'ordering': ['area_code', 'role'],
                'constraints': [models.CheckConstraint(condition=models.Q(('area_code', ''), _negated=True), name='appointment_has_an_area'), models.CheckConstraint(condition=models.Q(('until_on__isnull', True), ('until_on__gte', models.F('from_on')), _connector='OR'), name='appointment_ends_after_start')],
            },
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.UniqueConstraint(fields=('compound', 'label'), name='building_one_per_label'),
        ),
        migrations.AddConstraint(
            model_name='entrance',
            constraint=models.UniqueConstraint(fields=('building', 'label'), name='entrance_one_per_label'),
        ),
        migrations.AddConstraint(
            model_name='ownership',
            constraint=models.UniqueConstraint(fields=('dwelling', 'owner'), name='ownership_once_per_dwelling'),
        ),
        migrations.AddConstraint(
            model_name='ownership',
            constraint=models.UniqueConstraint(condition=models.Q(('votes', True)), fields=('dwelling',), name='ownership_one_votes'),
        ),
        migrations.AddConstraint(
            model_name='dwelling',
            constraint=models.UniqueConstraint(fields=('building', 'entrance', 'room'), name='dwelling_one_per_room'),
        ),
        migrations.AddConstraint(
            model_name='dwelling',
            constraint=models.UniqueConstraint(condition=models.Q(('entrance__isnull', True)), fields=('building', 'room'), name='dwelling_one_per_room_no_entrance'),
        ),
        migrations.AddConstraint(
            model_name='dwelling',
            constraint=models.CheckConstraint(condition=models.Q(('area__gt', 0)), name='dwelling_area_is_positive'),
        ),
    ]
