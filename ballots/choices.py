"""Values that the ballots' tables take."""

from django.db import models


class Voter(models.TextChoices):
    """Who has one head; two bodies that cannot stand in for each other (domain.md, Who decides)."""

    HOUSEHOLD = "household", "户（居民会议）"
    OWNER = "owner", "业主（业主共同决定）"
    REPRESENTATIVE = "representative", "居民代表（居民会议）"


class Matter(models.TextChoices):
    """What a ballot is about; it proposes who decides and by which rule (ballots.rules.matters)."""

    SERVICE_MODE = "service_mode", "服务模式、内容和标准"
    PROVIDER = "provider", "选聘、续聘或解聘服务单位"
    CHARTER = "charter", "管理规约、议事规则"
    FUND_USE = "fund_use", "使用维修资金"
    FUND_RAISE = "fund_raise", "筹集维修资金"
    REBUILD = "rebuild", "改建、重建"
    PARKING = "parking", "公共场地停车"
    COMMON_USE = "common_use", "公共部位经营（广告、快递柜、充电棚等）"
    COMPACT = "compact", "居民公约、公益事项、自愿交费"
    COMMITTEE = "committee", "选举自管会"
    OTHER = "other", "其他事项"


class BallotState(models.TextChoices):
    """Where a ballot stands; it changes by a row of ``BallotMove`` only."""

    DRAFT = "draft", "起草"
    ANNOUNCED = "announced", "已公告"
    ISSUING = "issuing", "发票收票"
    COUNTING = "counting", "计票"
    CERTIFIED = "certified", "结果公示"
    FINAL = "final", "已生效"
    CANCELLED = "cancelled", "已取消"
    ANNULLED = "annulled", "街道撤销"
    SET_ASIDE = "set_aside", "法院撤销"


class Move(models.TextChoices):
    """What happened to a ballot as a whole."""

    ANNOUNCED = "announced", "张贴公告"
    ISSUING = "issuing", "锁定名册，开始发票"
    EXTENDED = "extended", "延长表决时间"
    COUNTING = "counting", "停止收票，开始计票"
    CERTIFIED = "certified", "确认计票结果"
    RECOUNT = "recount", "重新计票"
    FINAL = "final", "公示期满生效"
    CANCELLED = "cancelled", "取消"
    ANNULLED = "annulled", "街道撤销"
    SET_ASIDE = "set_aside", "法院撤销"


class QuestionKind(models.TextChoices):
    APPROVE = "approve", "赞成、反对、弃权"
    CHOOSE_ONE = "choose_one", "选一项"
    CHOOSE_UP_TO = "choose_up_to", "最多选几项"


class PaperSize(models.TextChoices):
    A5 = "A5", "A5"
    A4 = "A4", "A4"


class VoterKind(models.TextChoices):
    """What an entry of the roll is."""

    HOUSEHOLD = "household", "住户"
    OWNER = "owner", "业主"
    UNIT = "unit", "产权单位"
    REPRESENTATIVE = "representative", "居民代表"


class PaperState(models.TextChoices):
    """What became of a paper; it changes by a row of ``PaperEvent`` only."""

    PRINTED = "printed", "已印"
    ISSUED = "issued", "已发放"
    RETURNED = "returned", "已交回"
    LATE = "late", "逾期交回"
    REFUSED = "refused", "拒收"
    UNDELIVERABLE = "undeliverable", "未能送达"
    SPOILT = "spoilt", "损票（已换）"


class Channel(models.TextChoices):
    """How a paper came back."""

    VISIT = "visit", "入户"
    FIXED_BOX = "fixed_box", "固定箱"
    MOBILE_BOX = "mobile_box", "流动箱"
    MEETING = "meeting", "会场"
    POST = "post", "邮寄"


class VisitOutcome(models.TextChoices):
    NOBODY = "nobody", "没有人"
    LATER = "later", "约了下次"
    UNKNOWN = "unknown", "找不到人"
    HANDED = "handed", "已当面送到"


class VoidReason(models.TextChoices):
    """Why a whole sheet counts for nothing (VIL 28; GUIDE 22)."""

    UNSIGNED = "unsigned", "没有签名"
    NOT_SEALED = "not_sealed", "单位没有盖章"
    COPY = "copy", "复印件"
    NOT_ENTITLED = "not_entitled", "代签没有委托"
    WRONG_ROOM = "wrong_room", "房屋或姓名对不上"
    TORN = "torn", "残缺，认不出"
    OTHER = "other", "其他"


class InvalidReason(models.TextChoices):
    """Why the answer to one question is invalid; the rest of the sheet stands."""

    OVERVOTE = "overvote", "选多了"
    ILLEGIBLE = "illegible", "认不清"
    BETWEEN = "between", "画在两格之间"
    CONDITIONAL = "conditional", "附了条件（同意但…）"
    OTHER = "other", "其他"


class Remark(models.TextChoices):
    """What a clerk sees on a sheet that counts all the same, or puts it on the pile of the doubtful."""

    FINGERPRINT = "fingerprint", "指印，有代书人"
    PROXY = "proxy", "受托人签，有委托书"
    SIGNED_FOR = "signed_for", "代签，没见委托书"
    CONDITIONAL = "conditional", "写了“同意但…”"
    BETWEEN = "between", "画在两格之间"
    TORN = "torn", "有破损"
    COPY = "copy", "像是复印件"
    WRONG_ROOM = "wrong_room", "房号写错"
    OTHER = "other", "其他"


class CallOutcome(models.TextChoices):
    OPEN = "open", "还没打"
    CONFIRMED = "confirmed", "说是本人填的"
    DENIED = "denied", "说不是本人填的"
    UNREACHED = "unreached", "没打通"
