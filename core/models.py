"""Who did it, what runs, what was issued; no noun of the programme."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from core.choices import EvidenceKind, JobState, UserKind
from core.insert_only import InsertOnly

SYSTEM, SYSTEM_2 = "system", "system-2"
# So often the PIN may be mistyped at a desk before the password is asked for again.
PIN_TRIES = 5


class UserManager(BaseUserManager["User"]):
    """Users as looked up by the name they log in with."""

    def people(self) -> models.QuerySet[User]:
        """Return the accounts of persons, not the machine's own."""
        return self.filter(kind=UserKind.PERSON)


class User(AbstractBaseUser):
    """One person's account, or one of the two machine accounts that never log in."""

    username = models.CharField("登录名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("办公电话", max_length=30, blank=True, default="")
    kind = models.CharField("种类", max_length=10, choices=UserKind, default=UserKind.PERSON)
    is_active = models.BooleanField("可用", default=True)
    must_change_password = models.BooleanField("下次登录须换密码", default=False)
    one_time_until = models.DateTimeField("一次性密码到", null=True, blank=True)
    created_at = models.DateTimeField("建立时间")
    pin = models.CharField("换人用的六位数字", max_length=128, blank=True, default="")  # hashed; "" where none is set

    # From where the person acts in this request; noted by the web door, written into the history.
    seen_from: str = ""

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_machine(self) -> bool:
        """Whether this is one of the command line's accounts, which need no appointment."""
        return self.kind == UserKind.MACHINE

    def get_short_name(self) -> str:
        """Return the name that pages show."""
        return self.name


class DeskVisitQuerySet(models.QuerySet["DeskVisit"]):
    """Reads of the visits to shared PCs."""

    def at_desk(self, desk: str, since: datetime) -> DeskVisitQuerySet:
        """Keep who gave the password at this desk since a moment and has not mistyped the PIN too often."""
        return self.filter(desk=desk, password_at__gte=since, wrong__lt=PIN_TRIES).select_related("user")


class DeskVisit(models.Model):
    """That someone gave the password on a shared PC: for the rest of that day the PIN brings them back there.

    ``desk`` is the hash of a random cookie of the browser.
    """

    desk = models.CharField(max_length=64, db_index=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    password_at = models.DateTimeField("密码登录")
    wrong = models.PositiveSmallIntegerField("连错几次", default=0)

    objects = DeskVisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "本机登录"
        constraints = [models.UniqueConstraint(fields=["desk", "user"], name="deskvisit_one_per_person")]


class Installation(InsertOnly):
    """The identity of this database, made once; anchors written outside carry it (quality.md, R18)."""

    site = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "安装"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads of the history."""

    def within(self, prefixes: list[str]) -> EntryQuerySet:
        """Keep what happened in areas below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in filter(None, prefixes):
            where |= Q(area_code__startswith=prefix)
        return self.filter(where)

    def about(self, object_type: str, object_id: object) -> EntryQuerySet:
        """Keep what was done to one thing."""
        return self.filter(object_type=object_type, object_id=str(object_id))


class Entry(InsertOnly):
    """One line of the history: who did what, to what, when, from where."""

    at = models.DateTimeField("时间", db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, verbose_name="谁", null=True, related_name="+")
    actor_name = models.CharField("姓名", max_length=40)
    role = models.CharField("以何身份", max_length=30, blank=True, default="")
    area_code = models.CharField("地区", max_length=20, blank=True, default="", db_index=True)
    action = models.CharField("动作", max_length=40)
    summary = models.CharField("做了什么", max_length=300)
    object_type = models.CharField("对象种类", max_length=40, blank=True, default="")
    object_id = models.CharField("对象编号", max_length=80, blank=True, default="")
    data = models.TextField("内容", blank=True, default="")
    ip = models.CharField("来自", max_length=45, blank=True, default="")

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作记录"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="entry_object")]


class JobQuerySet(models.QuerySet["Job"]):
    """Reads of the long work."""

    def unfinished(self) -> JobQuerySet:
        """Keep what waits or runs."""
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])

    def runnable(self, at: datetime) -> JobQuerySet:
        """Keep what a worker may take now: queued, or running with its lease run out."""
        return self.filter(Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, locked_until__lt=at))

    def tops(self) -> JobQuerySet:
        """Keep the jobs that people start, without the parts they fan out into."""
        return self.filter(parent=None)

    def within(self, prefixes: list[str]) -> JobQuerySet:
        """Keep jobs of areas below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in filter(None, prefixes):
            where |= Q(area_code__startswith=prefix)
        return self.filter(where)


class Job(models.Model):
    """One piece of long work; this row is the truth, the broker only rings (architecture: Jobs)."""

    task = models.CharField("任务", max_length=80)
    args = models.TextField("参数", default="{}")
    key = models.CharField("标识", max_length=120)
    # What the schedule starts by itself bears the key of its day or month; no second job ever bears the same.
    schedule_key = models.CharField("自动", max_length=120, null=True, blank=True, unique=True)
    title = models.CharField("名称", max_length=120)
    area_code = models.CharField("地区", max_length=20, blank=True, default="", db_index=True)
    parent = models.ForeignKey("self", models.CASCADE, verbose_name="属于", null=True, blank=True, related_name="parts")
    state = models.CharField("状态", max_length=10, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField("做好", default=0)
    total = models.PositiveIntegerField("共", default=0)
    message = models.CharField("正在做", max_length=200, blank=True, default="")
    error = models.TextField("原因", blank=True, default="")
    result = models.TextField("结果", blank=True, default="")
    attempts = models.PositiveIntegerField("第几次", default=0)
    token = models.CharField("租约", max_length=32, blank=True, default="")
    locked_until = models.DateTimeField("租约到", null=True, blank=True)
    stop_asked = models.BooleanField("要求停下", default=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="谁", related_name="+")
    created_at = models.DateTimeField("何时")
    started_at = models.DateTimeField("开始", null=True, blank=True)
    finished_at = models.DateTimeField("结束", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "后台任务"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(state__in=["queued", "running"]),
                name="job_one_unfinished_per_key",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(locked_until__isnull=False), name="job_running_has_a_lease"
            ),
        ]
        indexes = [models.Index(fields=["state", "locked_until"], name="job_runnable")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in (JobState.QUEUED, JobState.RUNNING)


class Document(InsertOnly):
    """One issued thing: its exact data, the hash of that data (校验码), and under ``files`` the stored bytes."""

    code = models.CharField("公示编号", max_length=12, unique=True)
    kind = models.CharField("种类", max_length=20)
    title = models.CharField("名称", max_length=120)
    version = models.PositiveIntegerField("版次", default=1)
    area_code = models.CharField("地区", max_length=20, db_index=True)
    data = models.TextField("数据")
    sha256 = models.CharField("校验码", max_length=64, db_index=True)
    issued_at = models.DateTimeField("时间")
    issued_by = models.ForeignKey(User, models.PROTECT, verbose_name="谁", related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "公示原件"

    def __str__(self) -> str:
        return f"{self.title} {self.code}"


class DocumentFile(InsertOnly):
    """The bytes of an issued thing in one format, as stored under their hash."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="files")
    format = models.CharField("格式", max_length=10)
    sha256 = models.CharField("字节校验码", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField("字节数")
    pages = models.PositiveIntegerField("页数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "公示文件"
        constraints = [models.UniqueConstraint(fields=["document", "format"], name="documentfile_one_per_format")]


class Attachment(InsertOnly):
    """A paper's picture or file as handed in: never altered, only superseded by a link (会计法 14)."""

    kind = models.CharField("票据种类", max_length=12, choices=EvidenceKind, default=EvidenceKind.OTHER)
    number = models.CharField("票据号码", max_length=60, blank=True, default="")
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=60)
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("字节校验码", max_length=64, db_index=True)
    area_code = models.CharField("地区", max_length=20, db_index=True)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "票据附件"
        constraints = [
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")), name="attachment_never_supersedes_itself"
            ),
            models.UniqueConstraint(fields=["supersedes"], name="attachment_superseded_once"),
        ]
        indexes = [models.Index(fields=["number", "kind"], name="attachment_by_number")]


class Guess(models.Model):
    """How often an address, kept as a hash, asked in one minute for codes that there are not (core.guesses)."""

    key = models.CharField("来自", max_length=32)
    minute = models.DateTimeField("哪一分钟", db_index=True)
    times = models.PositiveIntegerField("次数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "查不到的编号"
        constraints = [models.UniqueConstraint(fields=["key", "minute"], name="guess_one_per_minute")]
