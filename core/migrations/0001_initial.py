# The tables as they stand; rewritten until the first release.
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=40, unique=True, verbose_name='登录名')),
                ('name', models.CharField(max_length=40, verbose_name='姓名')),
                ('phone', models.CharField(blank=True, default='', max_length=30, verbose_name='办公电话')),
                ('kind', models.CharField(choices=[('person', '人员'), ('machine', '系统账号')], default='person', max_length=10, verbose_name='种类')),
                ('is_active', models.BooleanField(default=True, verbose_name='可用')),
                ('must_change_password', models.BooleanField(default=False, verbose_name='下次登录须换密码')),
                ('one_time_until', models.DateTimeField(blank=True, null=True, verbose_name='一次性密码到')),
                ('created_at', models.DateTimeField(verbose_name='建立时间')),
                ('pin', models.CharField(blank=True, default='', max_length=128, verbose_name='换人用的六位数字')),
            ],
            options={
                'verbose_name': '账号',
                'verbose_name_plural': '账号',
                'ordering': ['username'],
            },
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': '安装',
                'verbose_name_plural': '安装',
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='公示编号')),
                ('kind', models.CharField(max_length=20, verbose_name='种类')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版次')),
                ('area_code', models.CharField(db_index=True, max_length=20, verbose_name='地区')),
                ('data', models.TextField(verbose_name='数据')),
                ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='校验码')),
                ('issued_at', models.DateTimeField(verbose_name='时间')),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁')),
            ],
            options={
                'verbose_name': '公示原件',
                'verbose_name_plural': '公示原件',
            },
        ),
        migrations.CreateModel(
            name='Guess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32, verbose_name='来自')),
                ('minute', models.DateTimeField(db_index=True, verbose_name='哪一分钟')),
                ('times', models.PositiveIntegerField(default=0, verbose_name='次数')),
            ],
            options={
                'verbose_name': '查不到的编号',
                'verbose_name_plural': '查不到的编号',
                'constraints': [models.UniqueConstraint(fields=('key', 'minute'), name='guess_one_per_minute')],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('e_invoice', '数电发票'), ('fiscal', '财政票据'), ('receipt', '收据'), ('payroll', '发放表'), ('self_made', '自制白条'), ('bank_slip', '银行回单'), ('contract', '合同'), ('decision', '决议'), ('typed_slip', '代录单'), ('statement', '银行对账单'), ('balance_slip', '余额确认单'), ('notice_photo', '张贴照片'), ('photo', '照片'), ('stage_paper', '工作材料'), ('notice_file', '公告附件'), ('other', '其他')], default='other', max_length=12, verbose_name='票据种类')),
                ('number', models.CharField(blank=True, default='', max_length=60, verbose_name='票据号码')),
                ('name', models.CharField(max_length=120, verbose_name='文件名')),
                ('content_type', models.CharField(max_length=60, verbose_name='类型')),
                ('size', models.PositiveBigIntegerField(verbose_name='字节数')),
                ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='字节校验码')),
                ('area_code', models.CharField(db_index=True, max_length=20, verbose_name='地区')),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.attachment')),
            ],
            options={
                'verbose_name': '票据附件',
                'verbose_name_plural': '票据附件',
                'indexes': [models.Index(fields=['number', 'kind'], name='attachment_by_number')],
                'constraints': [models.CheckConstraint(condition=models.Q(('supersedes__isnull', True), models.Q(('supersedes', models.F('id')), _negated=True), _connector='OR'), name='attachment_never_supersedes_itself'), models.UniqueConstraint(fields=('supersedes',), name='attachment_superseded_once')],
            },
        ),
        migrations.CreateModel(
            name='DeskVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('desk', models.CharField(db_index=True, max_length=64)),
                ('password_at', models.DateTimeField(verbose_name='密码登录')),
                ('wrong', models.PositiveSmallIntegerField(default=0, verbose_name='连错几次')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '本机登录',
                'verbose_name_plural': '本机登录',
                'constraints': [models.UniqueConstraint(fields=('desk', 'user'), name='deskvisit_one_per_person')],
            },
        ),
        migrations.CreateModel(
            name='DocumentFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(max_length=10, verbose_name='格式')),
                ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='字节校验码')),
                ('size', models.PositiveBigIntegerField(verbose_name='字节数')),
                ('pages', models.PositiveIntegerField(default=0, verbose_name='页数')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='core.document')),
            ],
            options={
                'verbose_name': '公示文件',
                'verbose_name_plural': '公示文件',
                'constraints': [models.UniqueConstraint(fields=('document', 'format'), name='documentfile_one_per_format')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, verbose_name='时间')),
                ('actor_name', models.CharField(max_length=40, verbose_name='姓名')),
                ('role', models.CharField(blank=True, default='', max_length=30, verbose_name='以何身份')),
                ('area_code', models.CharField(blank=True, db_index=True, default='', max_length=20, verbose_name='地区')),
                ('action', models.CharField(max_length=40, verbose_name='动作')),
                ('summary', models.CharField(max_length=300, verbose_name='做了什么')),
                ('object_type', models.CharField(blank=True, default='', max_length=40, verbose_name='对象种类')),
                ('object_id', models.CharField(blank=True, default='', max_length=80, verbose_name='对象编号')),
                ('data', models.TextField(blank=True, default='', verbose_name='内容')),
                ('ip', models.CharField(blank=True, default='', max_length=45, verbose_name='来自')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁')),
            ],
            options={
                'verbose_name': '操作记录',
                'verbose_name_plural': '操作记录',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['object_type', 'object_id'], name='entry_object')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=80, verbose_name='任务')),
                ('args', models.TextField(default='{}', verbose_name='参数')),
                ('key', models.CharField(max_length=120, verbose_name='标识')),
                ('schedule_key', models.CharField(blank=True, max_length=120, null=True, unique=True, verbose_name='自动')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('area_code', models.CharField(blank=True, db_index=True, default='', max_length=20, verbose_name='地区')),
                ('state', models.CharField(choices=[('queued', '排队中'), ('running', '正在运行'), ('done', '做完了'), ('failed', '没有做完'), ('stopped', '已停下')], default='queued', max_length=10, verbose_name='状态')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='做好')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='共')),
                ('message', models.CharField(blank=True, default='', max_length=200, verbose_name='正在做')),
                ('error', models.TextField(blank=True, default='', verbose_name='原因')),
                ('result', models.TextField(blank=True, default='', verbose_name='结果')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='第几次')),
                ('token', models.CharField(blank=True, default='', max_length=32, verbose_name='租约')),
                ('locked_until', models.DateTimeField(blank=True, null=True, verbose_name='租约到')),
                ('stop_asked', models.BooleanField(default=False, verbose_name='要求停下')),
                ('created_at', models.DateTimeField(verbose_name='何时')),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='开始')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='结束')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='core.job', verbose_name='属于')),
            ],
            options={
                'verbose_name': '后台任务',
                'verbose_name_plural': '后台任务',
                'ordering': ['-created_at', '-pk'],
                'indexes': [models.Index(fields=['state', 'locked_until'], name='job_runnable')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('key',), name='job_one_unfinished_per_key'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), ('locked_until__isnull', False), _connector='OR'), name='job_running_has_a_lease')],
            },
        ),
    ]
