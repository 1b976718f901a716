"""Values that the register's tables take."""

from django.db import models


class AreaLevel(models.TextChoices):
    DISTRICT = "district", "区"
    STREET = "street", "街道"
    COMMUNITY = "community", "社区"


class Role(models.TextChoices):
    DISTRICT_ADMIN = "district_admin", "区级管理员"
    STREET_STAFF = "street_staff", "街道工作人员"
    COMMUNITY_CLERK = "community_clerk", "社区录入员"
    COMMUNITY_SECRETARY = "community_secretary", "社区书记"
    STREET_DEPUTY = "street_deputy", "街道主管副主任"
    COMMITTEE_CASHIER = "committee_cashier", "出纳"
    COMMITTEE_BOOKKEEPER = "committee_bookkeeper", "记账员"
    COMMITTEE_HEAD = "committee_head", "自管会主任"
    COMMITTEE_DEPUTY = "committee_deputy", "自管会副主任"
    AUDITOR = "auditor", "监督员"
    ACCOUNT_ADMIN = "account_admin", "账号管理员"


class OwnersBody(models.TextChoices):
    NONE = "none", "没有"
    OWNERS_COMMITTEE = "owners_committee", "业主委员会"
    PROPERTY_COMMITTEE = "property_committee", "物业管理委员会"


class AreaSource(models.TextChoices):
    REGISTERED = "registered", "产权登记"
    SURVEYED = "surveyed", "测绘"
    CONTRACT = "contract", "合同"
    UNIT_LEDGER = "unit_ledger", "售房单位台账"
    DECLARED = "declared", "居民自报"


class Tenure(models.TextChoices):
    REFORM = "reform", "房改房"
    COMMODITY = "commodity", "商品房"
    UNSOLD_PUBLIC = "unsold_public", "未售公房"
    CENTRAL = "central", "央产"
    MILITARY = "military", "军产"
    OTHER = "other", "其他"


class Use(models.TextChoices):
    DWELLING = "dwelling", "住宅"
    SHOP = "shop", "商业"
    GARAGE = "garage", "车库"
    CELLAR = "cellar", "地下室"
    OTHER = "other", "其他"


class RepresentativeKind(models.TextChoices):
    OWNER = "owner", "产权人"
    TENANT = "tenant", "承租人"


class ProgrammeLine(models.TextChoices):
    """The four lines of service that an old compound needs (Q2)."""

    SECURITY = "security", "治安防范"
    GREENING = "greening", "绿化保洁"
    REPAIR = "repair", "维修维护"
    PARKING = "parking", "停车管理"


class FacilityState(models.TextChoices):
    GOOD = "good", "完好"
    WORN = "worn", "破损"
    MISSING = "missing", "缺少"


class ResourceKind(models.TextChoices):
    PARKING = "parking", "停车位"
    ADVERTISING = "advertising", "广告位"
    LOCKER = "locker", "快递柜"
    ROOM = "room", "公共用房"
    GROUND = "ground", "场地"
    OTHER = "other", "其他"


class UploadState(models.TextChoices):
    CHECKING = "checking", "正在核对"
    FAULTY = "faulty", "有错，没有导入"
    CHECKED = "checked", "核对过，等确认"
    APPLIED = "applied", "已导入"
    DROPPED = "dropped", "不导入了"


class SurveyState(models.TextChoices):
    DRAFT = "draft", "还在编"
    OPEN = "open", "正在调查"
    CLOSED = "closed", "已结束"


class QuestionKind(models.TextChoices):
    SINGLE = "single", "单选"
    SEVERAL = "several", "多选"
    NUMBER = "number", "填数"
    TEXT = "text", "填文字"


class QuestionPurpose(models.TextChoices):
    """What the programme reads out of an answer; a question without one is only counted."""

    WILLING = "willing", "愿不愿意交费"
    MONTHLY_FEE = "monthly_fee", "每月愿意交多少"


class AnswerChannel(models.TextChoices):
    VISIT = "visit", "入户"
    PHONE = "phone", "电话"
    MEETING = "meeting", "会场"
    COUNTER = "counter", "社区柜台"
    IMPORT = "import", "表格导入"


class VisitOutcome(models.TextChoices):
    NOBODY = "nobody", "没有人"
    LATER = "later", "约了下次"
    REFUSED = "refused", "不愿意答"
    VACANT = "vacant", "空着没人住"


class StageAct(models.TextChoices):
    """What was done to a step, in the order of the chain (domain.md, The eight steps)."""

    PREPARED = "prepared", "报请确认"
    BY_SECRETARY = "by_secretary", "社区书记确认"
    BY_STAFF = "by_staff", "街道包片人员确认"
    CONFIRMED = "confirmed", "主管副主任确认"
    SENT_BACK = "sent_back", "退回"
    REOPENED = "reopened", "重新打开"


class ObjectionOutcome(models.TextChoices):
    UPHELD = "upheld", "成立"
    PARTLY = "partly", "部分成立"
    REJECTED = "rejected", "不成立"


class PaperSize(models.TextChoices):
    """What a survey's sheets are printed on."""

    A4 = "a4", "A4"
    A5 = "a5", "A5"
