"""Values that the books' tables take."""

from django.db import models


class BookKind(models.TextChoices):
    COMMITTEE = "committee", "自管会经费"
    SERVICE = "service", "物业服务经费"


class Means(models.TextChoices):
    CASH = "cash", "现金"
    BANK = "bank", "银行"
    QR = "qr", "收款码"


class Direction(models.TextChoices):
    INCOME = "income", "收入"
    EXPENSE = "expense", "支出"
    TRANSFER_IN = "transfer_in", "划入"
    TRANSFER_OUT = "transfer_out", "划出"
    HELD_IN = "held_in", "代管收"
    HELD_OUT = "held_out", "代管付"


TRANSFERS = (Direction.TRANSFER_IN, Direction.TRANSFER_OUT)


class AccountDirection(models.TextChoices):
    INCOME = "income", "收入"
    EXPENSE = "expense", "支出"
    TRANSFER = "transfer", "划转"
    HELD = "held", "代管"


class Source(models.TextChoices):
    RESIDENTS = "residents", "居民"
    PROPERTY_UNITS = "property_units", "产权单位"
    PUBLIC_REVENUE = "public_revenue", "公共收益"
    GOVERNMENT = "government", "政府"


class ServiceLine(models.TextChoices):
    SECURITY = "security", "治安防范"
    GREENING = "greening", "绿化保洁"
    REPAIR = "repair", "维修维护"
    PARKING = "parking", "停车管理"
    ADMINISTRATION = "administration", "委员会办公"


class DecidedBy(models.TextChoices):
    """Who may decide an expense, the least first; limits are data (``ExpenseLimit``)."""

    HEAD = "head", "主任审批"
    MEETING = "meeting", "自管会会议决定"
    RESIDENTS = "residents", "居民决定"


class ReversalKind(models.TextChoices):
    """What a red voucher takes back: all that is left of the original, or a part."""

    WHOLE = "whole", "全部冲销"
    OVERSTATED = "overstated", "只冲多记的金额"
    REFUND = "refund", "退了一部分钱"


class OpinionKind(models.TextChoices):
    READ = "read", "已阅"
    OPINION = "opinion", "有意见"


class MemoKind(models.TextChoices):
    """What stands beside the books: it is not money that moved (domain.md, Ledger)."""

    PREPAID = "prepaid", "预交的以后月份"
    ARREARS = "arrears", "应交未交"
    UNPAID = "unpaid", "到期未付"
    OUTSIDE = "outside", "账外投入"


class AssetState(models.TextChoices):
    IN_USE = "in_use", "在用"
    RETIRED = "retired", "已处置"


class DraftState(models.TextChoices):
    DRAFT = "draft", "草稿"
    HANDED_IN = "handed_in", "未复核"
    RETURNED = "returned", "退回"


class ClosingStep(models.TextChoices):
    PREPARED = "prepared", "已编制"
    SENT_BACK = "sent_back", "退回"
    APPROVED = "approved", "已审定"
    WITHDRAWN = "withdrawn", "撤回审定"


class NoticeIncome(models.TextChoices):
    """Rows of 收了哪些钱 on the notice-board sheet, in its order (pages.md)."""

    RESIDENTS = "in_residents", "居民交的"
    PARKING = "in_parking", "停车"
    LETTING = "in_letting", "广告出租等"
    UNITS = "in_units", "产权单位"
    GOVERNMENT = "in_government", "政府"
    OTHER = "in_other", "其他"


class NoticeExpense(models.TextChoices):
    """Rows of 花在哪里 on the notice-board sheet, in its order (pages.md); two are printed even at 0.00."""

    SECURITY = "out_security", "看门巡逻"
    GREENING = "out_greening", "打扫绿化"
    REPAIR = "out_repair", "维修"
    PARKING = "out_parking", "停车管理"
    UTILITIES = "out_utilities", "公共水电"
    OFFICE = "out_office", "办公"
    SUBSIDIES = "out_subsidies", "委员补贴"
    HOSPITALITY = "out_hospitality", "招待慰问"
    TOP_UP = "out_top_up", "补充维修资金"
    OTHER = "out_other", "其他"


class Told(models.TextChoices):
    """Checks at closing that do not stop it but must be explained, and whose reasons the ledger prints."""

    NO_EVIDENCE = "no_evidence", "没有票据"
    NOT_RECONCILED = "not_reconciled", "没有和银行对账"
    NO_SIGNATURES = "no_signatures", "没有经手人、证明人或审批人"
    NO_DECISION = "no_decision", "应有决议而没有写决议号"
    LATE_BILL = "late_bill", "票据是以前月份的"
    UNIDENTIFIED = "unidentified", "有待查款项"
    NO_SOURCE = "no_source", "支出没有分清用的是哪处的钱"
    NEGATIVE = "negative", "账户曾经不够付，已说明理由"
    OVERDRAWN = "overdrawn", "月末银行或收款码是负数"
    OVER_LIMIT = "over_limit", "金额超过审批权限而没有写决议号"
    NOT_COUNTED = "not_counted", "现金没有盘点"
    CASH_DIFFERS = "cash_differs", "现金盘点和账不符"
    OVER_CASH_LIMIT = "over_cash_limit", "现金超过库存限额"
    PRIVATE = "private", "钱在私人名下的账户里"


class Must(models.TextChoices):
    """Checks that stop a closing."""

    DRAFTS = "drafts", "还有没记账的草稿"
    CASH_NEGATIVE = "cash_negative", "现金余额是负数"
    UNPAIRED = "unpaired", "划转只有一头"
