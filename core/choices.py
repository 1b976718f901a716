"""Values that core's tables take."""

from django.db import models


class UserKind(models.TextChoices):
    PERSON = "person", "人员"
    MACHINE = "machine", "系统账号"


class JobState(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "正在运行"
    DONE = "done", "做完了"
    FAILED = "failed", "没有做完"
    STOPPED = "stopped", "已停下"


class EvidenceKind(models.TextChoices):
    E_INVOICE = "e_invoice", "数电发票"
    FISCAL = "fiscal", "财政票据"
    RECEIPT = "receipt", "收据"
    PAYROLL = "payroll", "发放表"
    SELF_MADE = "self_made", "自制白条"
    BANK_SLIP = "bank_slip", "银行回单"
    CONTRACT = "contract", "合同"
    DECISION = "decision", "决议"
    TYPED_SLIP = "typed_slip", "代录单"
    STATEMENT = "statement", "银行对账单"
    BALANCE_SLIP = "balance_slip", "余额确认单"
    NOTICE_PHOTO = "notice_photo", "张贴照片"
    PHOTO = "photo", "照片"
    STAGE_PAPER = "stage_paper", "工作材料"
    NOTICE_FILE = "notice_file", "公告附件"
    OTHER = "other", "其他"
