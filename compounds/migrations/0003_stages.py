"""The eight steps and 长效运行 with their usual lengths and papers, as the programme has them; data, to change."""

from django.db import migrations

# number: name, what is done, weeks from–to, papers (key, name, whether the step misses it until it is there)
STAGES = {
    1: ("小区选定", "选定失管老旧小区，摸清基本情况和产权单位，报街道批准。", 2, 4, (
        ("basics", "小区基本情况表", True),
        ("selection", "选定请示或批复", True),
        ("units", "产权单位清单", True),
    )),
    2: ("调查摸底", "入户调查居民意愿，摸清设施和公共资源。", 4, 8, (
        ("questionnaire", "调查问卷", True),
        ("visits", "入户登记表", True),
        ("survey_report", "摸底报告", True),
        ("resources", "设施和公共资源清单", True),
    )),
    3: ("制定方案", "根据摸底结果制定实施方案，征求意见，报街道审核。", 2, 4, (
        ("scheme", "实施方案", True),
        ("opinions", "征求意见记录", True),
        ("street_review", "街道审核意见", True),
    )),
    4: ("宣传动员", "开会、发信、入户，把方案讲给每一户。", 2, 4, (
        ("meeting_notice", "会议通知", True),
        ("attendance", "会议签到", True),
        ("minutes", "会议纪要", True),
        ("letter", "致居民一封信", True),
        ("publicity", "宣传照片", True),
    )),
    5: ("成立自管会", "居民选举产生自管会，五至九人，单数，报街道备案。", 6, 10, (
        ("election_notice", "选举公告", True),
        ("election_rules", "选举办法", True),
        ("election_group", "选举小组名单", True),
        ("election_roll", "名册", True),
        ("candidates", "候选人公示", True),
        ("ballot_sample", "选票样张", True),
        ("count_report", "计票报告单", True),
        ("election_result", "结果公告", True),
        ("filing", "街道备案表", True),
    )),
    6: ("建章立制", "表决通过管理公约和议事规则，定好财务、公章和账户。", 3, 4, (
        ("charter", "管理公约", True),
        ("procedure", "议事规则", True),
        ("finance_rules", "财务制度", True),
        ("seal_rules", "公章和账户使用约定", True),
        ("charter_votes", "表决记录", True),
    )),
    7: ("确定模式", "居民表决定下服务模式、内容和标准，签订合同。", 8, 12, (
        ("mode_notice", "表决公告", True),
        ("mode_roll", "名册公示", True),
        ("mode_papers", "表决票", True),
        ("mode_result", "结果公示", True),
        ("service_contract", "服务合同和备案", True),
    )),
    8: ("测算费用", "测算费用，落实四个一点，公示收费标准。", 4, 6, (
        ("estimate", "测算表", True),
        ("pledges", "四个一点承诺函", True),
        ("fee_notice", "收费标准公示", True),
        ("fee_review", "街道审核", True),
    )),
    9: ("长效运行", "按月公示收支，按时开会、考评、换届。", None, None, ()),
}  # fmt: skip


def make(apps, schema_editor):
    stages, papers = apps.get_model("compounds", "Stage"), apps.get_model("compounds", "StagePaper")
    for number, (name, text, weeks_from, weeks_to, named) in STAGES.items():
        stage, _ = stages.objects.get_or_create(
            number=number, defaults={"name": name, "text": text, "weeks_from": weeks_from, "weeks_to": weeks_to}
        )
        for key, paper, needed in named:
            papers.objects.get_or_create(key=key, defaults={"stage": stage, "name": paper, "needed": needed})


class Migration(migrations.Migration):
    dependencies = [("compounds", "0002_district")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
