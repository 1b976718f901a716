"""The rules of voting to start from, with the text of their source (rules_and_practice.md, 0 and a)."""

from django.db import migrations

CC_278 = (
    "民法典第二百七十八条：业主共同决定事项，应当由专有部分面积占比三分之二以上的业主且人数占比三分之二以上的业主参与表决。"
    "决定前款第六项至第八项规定的事项，应当经参与表决专有部分面积四分之三以上的业主且参与表决人数四分之三以上的业主同意。"
    "决定前款其他事项，应当经参与表决专有部分面积过半数的业主且参与表决人数过半数的业主同意。"
)
RCL_9 = (
    "城市居民委员会组织法第九条：居民会议由十八周岁以上的居民组成，也可以由每户派代表或者每居民小组选举代表二至三人参加。"
    "居民会议必须有过半数的人员出席才能举行，会议的决定由出席人的过半数通过。"
)
PMR_12 = (
    "物业管理条例第十二条（2018年文本）：业主大会会议应当有物业管理区域内专有部分占建筑物总面积过半数的业主且占总人数过半数的业主参加。"
    "民法典施行以后以民法典为准，这条规则只用来重算2021年以前的表决。"
)
ELECTION = (
    "自管会的选举没有专门的法律。参照城市居民委员会组织法第八条、第九条：由户代表选举，过半数的户参加才有效；"
    "得票超过参加人数的一半，并且按得票多少在应选名额以内的当选；废票计入参加人数；最后一名得票相同的再投一次票。"
)
OWNERS = {"voter": "owner", "by_area": True, "participation": ">=2/3", "signed": True, "law_text": CC_278}
RULES = (
    {"key": "owners_ordinary", "name": "业主共同决定（一般事项）", "approval": ">1/2", "source": "民法典第278条", **OWNERS},
    {"key": "owners_special", "name": "业主共同决定（特别事项）", "approval": ">=3/4", "source": "民法典第278条", **OWNERS},
    {
        "key": "household_meeting", "name": "居民会议（每户派代表）", "voter": "household", "participation": ">1/2",
        "approval": ">1/2", "source": "城市居民委员会组织法第9条", "law_text": RCL_9,
    },
    {
        "key": "representatives", "name": "居民会议（居民代表）", "voter": "representative", "participation": ">1/2",
        "approval": ">1/2", "source": "城市居民委员会组织法第9条", "law_text": RCL_9,
    },
    {
        "key": "committee_election", "name": "选举自管会（每户派代表，无记名）", "voter": "household", "participation": ">1/2",
        "approval": ">1/2", "void_counts": True, "secret": True, "source": "参照城市居民委员会组织法第8、9条",
        "law_text": ELECTION,
    },
    {
        "key": "owners_before_2021", "name": "业主大会（2021年以前的规则）", "voter": "owner", "by_area": True,
        "participation": ">1/2", "approval": ">1/2", "signed": True, "source": "物业管理条例第12条", "law_text": PMR_12,
    },
)  # fmt: skip


def make(apps, schema_editor):
    VotingRule = apps.get_model("ballots", "VotingRule")
    for rule in RULES:
        VotingRule.objects.get_or_create(area_code="", key=rule["key"], version=1, defaults=rule)


class Migration(migrations.Migration):
    dependencies = [("ballots", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
