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
