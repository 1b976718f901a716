# The tables as they stand; rewritten until the first release.

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_initial'),
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
                ('unified_management', models.BooleanField(default=False, verbose_name='公共区域有统一的物业管理')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
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
                ('floors', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='层数')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='buildings', to='compounds.compound')),
            ],
            options={
                'verbose_name': '楼',
                'verbose_name_plural': '楼',
                'ordering': ['compound', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='CompoundPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('caption', models.CharField(max_length=60, verbose_name='说明')),
                ('taken_on', models.DateField(verbose_name='拍摄日期')),
                ('shown', models.BooleanField(default=True, verbose_name='放在公开页')),
                ('added_at', models.DateTimeField(verbose_name='加入时间')),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attachment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photographs', to='compounds.compound')),
            ],
            options={
                'verbose_name': '小区照片',
                'verbose_name_plural': '小区照片',
                'ordering': ['-taken_on', '-pk'],
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
                ('representative_kind', models.CharField(blank=True, choices=[('owner', '产权人'), ('tenant', '承租人')], default='', max_length=10, verbose_name='户代表是')),
                ('heirs_pending', models.BooleanField(default=False, verbose_name='产权人去世，继承人还没登记')),
                ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='备注')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
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
            name='Facility',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(choices=[('security', '治安防范'), ('greening', '绿化保洁'), ('repair', '维修维护'), ('parking', '停车管理')], max_length=12, verbose_name='类别')),
                ('name', models.CharField(max_length=40, verbose_name='名称')),
                ('quantity', models.CharField(blank=True, default='', max_length=20, verbose_name='数量')),
                ('state', models.CharField(choices=[('good', '完好'), ('worn', '破损'), ('missing', '缺少')], default='good', max_length=10, verbose_name='状况')),
                ('note', models.CharField(blank=True, default='', max_length=120, verbose_name='说明')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='facilities', to='compounds.compound')),
            ],
            options={
                'verbose_name': '设施',
                'verbose_name_plural': '设施',
                'ordering': ['compound', 'line', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='MonthlyReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=9, verbose_name='地区')),
                ('month', models.DateField(verbose_name='月份')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版次')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('checked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='monthly_report', to='core.document')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '月报',
                'verbose_name_plural': '月报',
                'ordering': ['-month', 'area_code', '-version'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=60, verbose_name='标题')),
                ('body', models.TextField(max_length=3000, verbose_name='正文')),
                ('from_on', models.DateField(verbose_name='从')),
                ('until_on', models.DateField(blank=True, null=True, verbose_name='到（含）')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='compounds.compound')),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='notice', to='core.document')),
            ],
            options={
                'verbose_name': '公告',
                'verbose_name_plural': '公告',
                'ordering': ['-from_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=60, verbose_name='标题')),
                ('body', models.TextField(max_length=3000, verbose_name='正文')),
                ('from_on', models.DateField(verbose_name='从')),
                ('until_on', models.DateField(blank=True, null=True, verbose_name='到（含）')),
                ('made_at', models.DateTimeField(verbose_name='建立时间')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('attachments', models.ManyToManyField(blank=True, related_name='+', to='core.attachment')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notice_drafts', to='compounds.compound')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '公告草稿',
                'verbose_name_plural': '公告草稿',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('attachment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='compounds.notice')),
            ],
            options={
                'verbose_name': '公告附件',
                'verbose_name_plural': '公告附件',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=60, verbose_name='贴在哪里')),
                ('on', models.DateField(verbose_name='哪天')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('attachment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proofs', to='compounds.notice')),
            ],
            options={
                'verbose_name': '公告张贴照片',
                'verbose_name_plural': '公告张贴照片',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeWithdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200, verbose_name='原因')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='compounds.notice')),
            ],
            options={
                'verbose_name': '公告撤下',
                'verbose_name_plural': '公告撤下',
            },
        ),
        migrations.CreateModel(
            name='Owner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='所在社区')),
                ('name', models.CharField(max_length=60, verbose_name='产权人')),
                ('phone', models.CharField(blank=True, default='', max_length=30, verbose_name='电话')),
                ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='个人信息删除时间')),
            ],
            options={
                'verbose_name': '产权人',
                'verbose_name_plural': '产权人',
                'indexes': [models.Index(fields=['area_code', 'name'], name='owner_by_name'), models.Index(fields=['name'], name='owner_by_name_alone'), models.Index(django.db.models.functions.text.Right('phone', 4), name='owner_by_phone_tail')],
                'constraints': [models.CheckConstraint(condition=models.Q(('erased_at__isnull', True), ('phone', ''), _connector='OR'), name='owner_erased_has_no_phone')],
            },
        ),
        migrations.CreateModel(
            name='Ownership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('votes', models.BooleanField(default=False, verbose_name='代表表决')),
                ('share_of', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='份额（分子）')),
                ('share_in', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='份额（分母）')),
                ('from_on', models.DateField(blank=True, null=True, verbose_name='从')),
                ('until_on', models.DateField(blank=True, null=True, verbose_name='到')),
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
                ('contact', models.CharField(blank=True, default='', max_length=40, verbose_name='联系人')),
                ('phone', models.CharField(blank=True, default='', max_length=30, verbose_name='联系电话')),
                ('address', models.CharField(blank=True, default='', max_length=120, verbose_name='地址')),
                ('note', models.CharField(blank=True, default='', max_length=300, verbose_name='备注')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
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
            name='PublicResource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('parking', '停车位'), ('advertising', '广告位'), ('locker', '快递柜'), ('room', '公共用房'), ('ground', '场地'), ('other', '其他')], max_length=12, verbose_name='种类')),
                ('name', models.CharField(max_length=40, verbose_name='名称')),
                ('quantity', models.CharField(blank=True, default='', max_length=20, verbose_name='数量')),
                ('user', models.CharField(blank=True, default='', max_length=60, verbose_name='现在谁在用')),
                ('yearly', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='预计年收入')),
                ('note', models.CharField(blank=True, default='', max_length=120, verbose_name='说明')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resources', to='compounds.compound')),
            ],
            options={
                'verbose_name': '公共资源',
                'verbose_name_plural': '公共资源',
                'ordering': ['compound', 'kind', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='RegisterUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='社区')),
                ('name', models.CharField(max_length=120, verbose_name='文件名')),
                ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='字节校验码')),
                ('size', models.PositiveBigIntegerField(verbose_name='字节数')),
                ('state', models.CharField(choices=[('checking', '正在核对'), ('faulty', '有错，没有导入'), ('checked', '核对过，等确认'), ('applied', '已导入'), ('dropped', '不导入了')], default='checking', max_length=10, verbose_name='状态')),
                ('report', models.TextField(blank=True, default='', verbose_name='结果')),
                ('plan', models.CharField(blank=True, default='', max_length=64, verbose_name='核对的内容')),
                ('added_at', models.DateTimeField(verbose_name='上传时间')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='导入时间')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='文件删除时间')),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('applied_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '房屋表导入',
                'verbose_name_plural': '房屋表导入',
                'ordering': ['-added_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReportDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=9, verbose_name='地区')),
                ('month', models.DateField(verbose_name='月份')),
                ('problems', models.TextField(blank=True, default='', max_length=1000, verbose_name='主要问题')),
                ('plans', models.TextField(blank=True, default='', max_length=1000, verbose_name='下月打算')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '月报草稿',
                'verbose_name_plural': '月报草稿',
            },
        ),
        migrations.CreateModel(
            name='SchemeDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('goals', models.TextField(blank=True, default='', max_length=2000, verbose_name='工作目标')),
                ('services', models.TextField(blank=True, default='', max_length=2000, verbose_name='服务内容和标准')),
                ('residents', models.TextField(blank=True, default='', max_length=500, verbose_name='居民出一点')),
                ('units', models.TextField(blank=True, default='', max_length=500, verbose_name='产权单位担一点')),
                ('revenue', models.TextField(blank=True, default='', max_length=500, verbose_name='公共收益收一点')),
                ('government', models.TextField(blank=True, default='', max_length=500, verbose_name='政府奖一点')),
                ('organisation', models.TextField(blank=True, default='', max_length=2000, verbose_name='组织和分工')),
                ('safeguards', models.TextField(blank=True, default='', max_length=2000, verbose_name='保障措施')),
                ('other', models.TextField(blank=True, default='', max_length=2000, verbose_name='其他')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('compound', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='scheme', to='compounds.compound')),
            ],
            options={
                'verbose_name': '实施方案草稿',
                'verbose_name_plural': '实施方案草稿',
            },
        ),
        migrations.CreateModel(
            name='Stage',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name='第几步')),
                ('name', models.CharField(max_length=20, verbose_name='步骤')),
                ('text', models.CharField(blank=True, default='', max_length=300, verbose_name='做什么')),
                ('weeks_from', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='一般几周')),
                ('weeks_to', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='最多几周')),
            ],
            options={
                'verbose_name': '步骤',
                'verbose_name_plural': '步骤',
                'ordering': ['number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__range', (1, 9))), name='stage_is_one_of_nine'), models.CheckConstraint(condition=models.Q(models.Q(('weeks_from__isnull', True), ('weeks_to__isnull', True)), models.Q(('weeks_from__gte', 1), ('weeks_to__gte', models.F('weeks_from'))), _connector='OR'), name='stage_weeks_from_to')],
            },
        ),
        migrations.CreateModel(
            name='StageComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=500, verbose_name='留言')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_comments', to='compounds.compound')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='compounds.stage')),
            ],
            options={
                'verbose_name': '步骤留言',
                'verbose_name_plural': '步骤留言',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='StagePaper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=30, unique=True, verbose_name='标识')),
                ('name', models.CharField(max_length=40, verbose_name='材料')),
                ('needed', models.BooleanField(default=True, verbose_name='必须有')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers', to='compounds.stage')),
            ],
            options={
                'verbose_name': '步骤材料',
                'verbose_name_plural': '步骤材料',
                'ordering': ['stage', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='StageDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attests', models.CharField(blank=True, default='', max_length=30, verbose_name='证明什么')),
                ('title', models.CharField(max_length=80, verbose_name='名称')),
                ('on', models.DateField(verbose_name='材料日期')),
                ('added_at', models.DateTimeField(verbose_name='加入时间')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='取下时间')),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('attachment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_documents', to='compounds.compound')),
                ('removed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='compounds.stage')),
                ('paper', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='compounds.stagepaper')),
            ],
            options={
                'verbose_name': '步骤文件',
                'verbose_name_plural': '步骤文件',
                'ordering': ['compound', 'stage', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='StagePlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='计划开始')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='计划完成')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_plans', to='compounds.compound')),
                ('responsible', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='负责人')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='compounds.stage')),
            ],
            options={
                'verbose_name': '工作计划',
                'verbose_name_plural': '工作计划',
                'ordering': ['compound', 'stage'],
            },
        ),
        migrations.CreateModel(
            name='StageRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(verbose_name='第几个动作')),
                ('act', models.CharField(choices=[('prepared', '报请确认'), ('by_secretary', '社区书记确认'), ('by_staff', '街道包片人员确认'), ('confirmed', '主管副主任确认'), ('sent_back', '退回'), ('reopened', '重新打开')], max_length=12, verbose_name='动作')),
                ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='说明')),
                ('missing', models.TextField(blank=True, default='', verbose_name='当时缺什么')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_records', to='compounds.compound')),
                ('previous_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='compounds.stage')),
            ],
            options={
                'verbose_name': '步骤确认',
                'verbose_name_plural': '步骤确认',
                'ordering': ['compound', 'stage', 'seq'],
            },
        ),
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='第几次')),
                ('title', models.CharField(max_length=60, verbose_name='名称')),
                ('intro', models.TextField(blank=True, default='', max_length=600, verbose_name='开头的话')),
                ('state', models.CharField(choices=[('draft', '还在编'), ('open', '正在调查'), ('closed', '已结束')], default='draft', max_length=10, verbose_name='状态')),
                ('opened_on', models.DateField(blank=True, null=True, verbose_name='开始')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='结束')),
                ('made_at', models.DateTimeField(verbose_name='建立时间')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('compound', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='surveys', to='compounds.compound')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '调查',
                'verbose_name_plural': '调查',
                'ordering': ['compound', '-number'],
            },
        ),
        migrations.CreateModel(
            name='SurveyQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='题号')),
                ('kind', models.CharField(choices=[('single', '单选'), ('several', '多选'), ('number', '填数'), ('text', '填文字')], max_length=10, verbose_name='题型')),
                ('purpose', models.CharField(blank=True, choices=[('willing', '愿不愿意交费'), ('monthly_fee', '每月愿意交多少')], default='', max_length=12, verbose_name='用途')),
                ('text', models.CharField(max_length=200, verbose_name='题目')),
                ('options', models.TextField(blank=True, default='', max_length=1000, verbose_name='选项')),
                ('unit', models.CharField(blank=True, default='', max_length=10, verbose_name='单位')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='compounds.survey')),
            ],
            options={
                'verbose_name': '题目',
                'verbose_name_plural': '题目',
                'ordering': ['survey', 'number'],
            },
        ),
        migrations.CreateModel(
            name='SurveySheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('visit', '入户'), ('phone', '电话'), ('meeting', '会场'), ('counter', '社区柜台'), ('import', '表格导入')], default='visit', max_length=10, verbose_name='途径')),
                ('answered_on', models.DateField(verbose_name='哪天答的')),
                ('entered_at', models.DateTimeField(verbose_name='录入时间')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='第几次修改')),
                ('dwelling', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='survey_sheets', to='compounds.dwelling')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='compounds.survey')),
            ],
            options={
                'verbose_name': '问卷',
                'verbose_name_plural': '问卷',
                'ordering': ['survey', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SurveyAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.CharField(max_length=300, verbose_name='回答')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='compounds.surveyquestion')),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='compounds.surveysheet')),
            ],
            options={
                'verbose_name': '回答',
                'verbose_name_plural': '回答',
            },
        ),
        migrations.CreateModel(
            name='SurveyVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='哪天')),
                ('outcome', models.CharField(choices=[('nobody', '没有人'), ('later', '约了下次'), ('refused', '不愿意答'), ('vacant', '空着没人住')], max_length=10, verbose_name='结果')),
                ('note', models.CharField(blank=True, default='', max_length=120, verbose_name='说明')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dwelling', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='survey_visits', to='compounds.dwelling')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='compounds.survey')),
            ],
            options={
                'verbose_name': '入户未果',
                'verbose_name_plural': '入户未果',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='WorkHandover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_code', models.CharField(db_index=True, max_length=14, verbose_name='管辖范围')),
                ('items', models.TextField(verbose_name='移交了什么')),
                ('note', models.CharField(blank=True, default='', max_length=300, verbose_name='说明')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('giver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='移交人')),
                ('taker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='接手人')),
            ],
            options={
                'verbose_name': '工作移交',
                'verbose_name_plural': '工作移交',
                'ordering': ['pk'],
            },
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
            model_name='building',
            constraint=models.CheckConstraint(condition=models.Q(('floors__isnull', True), ('floors__range', (1, 60)), _connector='OR'), name='building_floors'),
        ),
        migrations.AddConstraint(
            model_name='compoundphoto',
            constraint=models.UniqueConstraint(fields=('compound', 'attachment'), name='compoundphoto_once_per_compound'),
        ),
        migrations.AddConstraint(
            model_name='entrance',
            constraint=models.UniqueConstraint(fields=('building', 'label'), name='entrance_one_per_label'),
        ),
        migrations.AddConstraint(
            model_name='facility',
            constraint=models.UniqueConstraint(fields=('compound', 'line', 'name'), name='facility_one_per_name'),
        ),
        migrations.AddConstraint(
            model_name='monthlyreport',
            constraint=models.UniqueConstraint(fields=('area_code', 'month', 'version'), name='monthlyreport_one_per_version'),
        ),
        migrations.AddConstraint(
            model_name='monthlyreport',
            constraint=models.CheckConstraint(condition=models.Q(('prepared_by', models.F('checked_by')), _negated=True), name='monthlyreport_checked_by_another'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('until_on__isnull', True), ('until_on__gte', models.F('from_on')), _connector='OR'), name='notice_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='noticedraft',
            constraint=models.CheckConstraint(condition=models.Q(('until_on__isnull', True), ('until_on__gte', models.F('from_on')), _connector='OR'), name='noticedraft_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='noticefile',
            constraint=models.UniqueConstraint(fields=('notice', 'attachment'), name='noticefile_once_per_notice'),
        ),
        migrations.AddConstraint(
            model_name='noticeproof',
            constraint=models.UniqueConstraint(fields=('notice', 'attachment'), name='noticeproof_one_per_photograph'),
        ),
        migrations.AddConstraint(
            model_name='noticewithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='noticewithdrawal_says_why'),
        ),
        migrations.AddConstraint(
            model_name='ownership',
            constraint=models.UniqueConstraint(condition=models.Q(('until_on__isnull', True)), fields=('dwelling', 'owner'), name='ownership_once_per_dwelling'),
        ),
        migrations.AddConstraint(
            model_name='ownership',
            constraint=models.UniqueConstraint(condition=models.Q(('until_on__isnull', True), ('votes', True)), fields=('dwelling',), name='ownership_one_votes'),
        ),
        migrations.AddConstraint(
            model_name='ownership',
            constraint=models.CheckConstraint(condition=models.Q(('from_on__isnull', True), ('until_on__isnull', True), ('until_on__gte', models.F('from_on')), _connector='OR'), name='ownership_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='ownership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('share_in__isnull', True), ('share_of__isnull', True)), models.Q(('share_of__gte', 1), ('share_of__lte', models.F('share_in'))), _connector='OR'), name='ownership_share_is_a_fraction'),
        ),
        migrations.AddIndex(
            model_name='dwelling',
            index=models.Index(fields=['room'], name='dwelling_by_room'),
        ),
        migrations.AddIndex(
            model_name='dwelling',
            index=models.Index(fields=['representative'], name='dwelling_by_representative'),
        ),
        migrations.AddIndex(
            model_name='dwelling',
            index=models.Index(django.db.models.functions.text.Right('representative_phone', 4), name='dwelling_by_phone_tail'),
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
        migrations.AddConstraint(
            model_name='dwelling',
            constraint=models.CheckConstraint(condition=models.Q(('representative_kind', ''), models.Q(('representative', ''), _negated=True), _connector='OR'), name='dwelling_representative_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='publicresource',
            constraint=models.UniqueConstraint(fields=('compound', 'kind', 'name'), name='publicresource_one_per_name'),
        ),
        migrations.AddConstraint(
            model_name='publicresource',
            constraint=models.CheckConstraint(condition=models.Q(('yearly__isnull', True), ('yearly__gte', 0), _connector='OR'), name='publicresource_yearly_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='registerupload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'applied'), _negated=True), models.Q(('applied_at__isnull', False), ('applied_by__isnull', False)), _connector='OR'), name='registerupload_applied_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='reportdraft',
            constraint=models.UniqueConstraint(fields=('area_code', 'month'), name='reportdraft_one_per_month'),
        ),
        migrations.AddConstraint(
            model_name='stagecomment',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='stagecomment_says_something'),
        ),
        migrations.AddConstraint(
            model_name='stagedocument',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', True), ('removed_by__isnull', True)), models.Q(('removed_at__isnull', False), ('removed_by__isnull', False)), _connector='OR'), name='stagedocument_removed_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='stagedocument',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at__isnull', True)), fields=('compound', 'stage', 'attachment'), name='stagedocument_once_per_step'),
        ),
        migrations.AddConstraint(
            model_name='stageplan',
            constraint=models.UniqueConstraint(fields=('compound', 'stage'), name='stageplan_one_per_step'),
        ),
        migrations.AddConstraint(
            model_name='stageplan',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on__isnull', True), ('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='stageplan_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='stagerecord',
            constraint=models.UniqueConstraint(fields=('compound', 'stage', 'seq'), name='stagerecord_one_after_another'),
        ),
        migrations.AddConstraint(
            model_name='stagerecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act__in', ('by_secretary', 'by_staff', 'confirmed')), _negated=True), models.Q(('previous_by__isnull', False), models.Q(('by', models.F('previous_by')), _negated=True)), _connector='OR'), name='stagerecord_confirmed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='stagerecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('missing', ''), models.Q(('act__in', ['sent_back', 'reopened']), _negated=True)), models.Q(('reason', ''), _negated=True), _connector='OR'), name='stagerecord_says_why'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.UniqueConstraint(fields=('compound', 'number'), name='survey_one_per_number'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('opened_on__isnull', False), _connector='OR'), name='survey_opened_on_a_day'),
        ),
        migrations.AddConstraint(
            model_name='survey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_on__isnull', False), _connector='OR'), name='survey_closed_on_a_day'),
        ),
        migrations.AddConstraint(
            model_name='surveyquestion',
            constraint=models.UniqueConstraint(fields=('survey', 'number'), name='surveyquestion_one_per_number'),
        ),
        migrations.AddConstraint(
            model_name='surveyquestion',
            constraint=models.UniqueConstraint(condition=models.Q(('purpose', ''), _negated=True), fields=('survey', 'purpose'), name='surveyquestion_one_per_purpose'),
        ),
        migrations.AddConstraint(
            model_name='surveyquestion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['single', 'several']), models.Q(('options', ''), _negated=True)), models.Q(('kind__in', ['number', 'text']), ('options', '')), _connector='OR'), name='surveyquestion_options_where_one_chooses'),
        ),
        migrations.AddConstraint(
            model_name='surveysheet',
            constraint=models.UniqueConstraint(fields=('survey', 'dwelling'), name='surveysheet_one_per_dwelling'),
        ),
        migrations.AddConstraint(
            model_name='surveyanswer',
            constraint=models.UniqueConstraint(fields=('sheet', 'question'), name='surveyanswer_one_per_question'),
        ),
        migrations.AddConstraint(
            model_name='surveyanswer',
            constraint=models.CheckConstraint(condition=models.Q(('value', ''), _negated=True), name='surveyanswer_says_something'),
        ),
        migrations.AddConstraint(
            model_name='workhandover',
            constraint=models.CheckConstraint(condition=models.Q(('giver', models.F('taker')), _negated=True), name='workhandover_to_another'),
        ),
    ]
