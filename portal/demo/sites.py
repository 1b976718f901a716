"""Invented compounds (marked 演示) in all nine streets that are still on their way: each shape, each step."""

from __future__ import annotations

from portal.demo.places import SHAPES, Shape, Stand


def _site(
    community: str,
    name: str,
    built: int,
    entrances: tuple[int, ...],
    area: str,
    address: str,
    unit: str = "",
    *more_units: str,
    **rest: object,
) -> Shape:
    """Return a compound without books; its units are marked as the compound is."""
    units = [f"{each}（演示）" for each in (unit, *more_units) if each]
    return Shape(
        f"110107{community}", f"{name}（演示）", built, entrances, area, address, units[0] if units else "", "none",
        more_units=tuple(units[1:]), **rest,  # type: ignore[arg-type]
    )  # fmt: skip


SITES = (
    # 八宝山, 老山
    _site("001010", "鲁谷七号院", 1985, (4, 4, 3), "8184.40", "鲁谷大街路北", "京西建工三公司",
          stand=Stand(3, "by_staff", 24)),
    _site("001022", "三山园北楼", 1994, (4, 4), "6336.00", "三山园社区内", "鲁谷房管所",
          stand=Stand(1, days=35, late=True), managed=True, note="2019年起由物业公司统一管理，合同到2027年。"),
    _site("001006", "铁建六处宿舍", 1981, (5, 5, 5, 4), "12882.00", "铁建里东侧", "铁路工程六处",
          stand=Stand(7, days=96, late=True), mix="central central reform reform commodity"),
    _site("002009", "何家坟军转楼", 1987, (3, 3), "4464.80", "何家坟路", "军队房产管理站",
          stand=Stand(1, "sent_back", 18), mix="military reform reform"),
    _site("002001", "科研宿舍西院", 1977, (3, 3, 3, 3), "8352.00", "玉泉路西侧", "科研后勤服务中心", "西山仪器厂",
          stand=Stand(4, days=12), mix="central reform reform"),
    _site("002013", "东里枣园", 1990, (5, 4, 4), "9360.20", "老山东里社区内", "老山建筑队", stand=Stand(8, days=15)),
    # 八角
    _site("003037", "南里枫树院", 1988, (3, 3, 3), "6264.00", "八角南里社区内", "燕西机械厂",
          stand=Stand(2, days=30), shops=3),
    _site("003024", "南路银山院", 1985, (4, 4, 4, 4), "11136.00", "八角南路社区内", "燕西机械厂", "八角房管所",
          stand=Stand(4, "by_secretary", 26), mix="reform reform reform unsold_public", garages=6),
    _site("003030", "特钢北楼院", 1972, (2, 2), "2640.00", "八角北路特钢社区内", "特殊钢厂",
          stand=Stand(2, days=75, late=True), mix="unsold_public unsold_public reform", floors=5),
    _site("003016", "建钢一号院", 1967, (3, 3, 3), "4860.00", "建钢南里社区内", "建筑钢材厂",
          stand=Stand(1, "ready", 12), floors=5, mix="reform unsold_public"),
    _site("003025", "南路石桥院", 1983, (4, 4, 4), "8352.60", "古城南路社区内", "永定河管理段",
          stand=Stand(5, days=40)),
    _site("003047", "杨北榆树院", 1986, (5, 5), "7080.00", "杨庄北区第二社区内", "西郊汽修厂",
          stand=Stand(6, days=34), shops=4),
    _site("003048", "场西院", 1992, (4, 3), "5292.00", "体育场西街社区内", "体育器材厂",
          stand=Stand(3, "sent_back", 20), mix="commodity reform reform"),
    # 古城
    _site("004009", "八千平老楼", 1958, (3, 3, 3, 3), "6480.00", "八千平社区内", "石景山房管所",
          stand=Stand(2, "ready", 50), floors=3, flats=3, mix="unsold_public reform"),
    _site("004013", "十万平工人楼", 1961, (3,) * 12, "17280.00", "十万平社区内", "钢铁公司房产处", "石景山房管所",
          stand=Stand(3, days=9), floors=4, mix="unsold_public reform reform commodity other", shops=8, garages=12),
    _site("004027", "水泥厂家属院", 1965, (4, 4, 3), "6336.00", "水泥厂社区内", "京西水泥厂",
          stand=Stand(5, "prepared", 66, overridden=4), floors=4, flats=3),
    _site("004011", "特钢单身楼", 1972, (1,), "1296.00", "古城特钢社区内", "特殊钢厂", stand=Stand(2, days=8),
          floors=3, flats=24, mix="unsold_public unsold_public unsold_public reform"),
    # 苹果园, 金顶街
    _site("005019", "苹一槐柏里", 1983, (4, 4, 4), "8467.20", "苹一社区内", "苹果园供销社",
          stand=Stand(6, days=58, late=True), shops=2),
    _site("005028", "苹二东楼", 1986, (6, 6), "8352.00", "苹二社区内", "石门机电厂", stand=Stand(7, "by_staff", 70)),
    _site("005007", "下庄大院", 1969, (2, 2, 2), "3600.00", "下庄社区内", "下庄供销社", "农机修造厂",
          stand=Stand(3, "reopened", 38), floors=5, mix="reform unsold_public commodity", shops=6, garages=4),
    _site("006008", "铸造村西院", 1975, (4, 4, 4, 4), "10752.00", "铸造村社区内", "首都铸造厂", "模具厂", "金顶街房管所",
          stand=Stand(8, "prepared", 33), mix="reform reform unsold_public"),
    _site("006023", "北里冰川院", 1984, (5, 5, 5), "10620.00", "模式口北里社区内", "首都铸造厂",
          stand=Stand(4, days=47, late=True)),
    _site("006014", "南里驼铃院", 1980, (4, 4), "5568.00", "模式口南里社区内", "京门铁路段",
          stand=Stand(5, days=88, late=True), mix="central reform reform reform"),
    # 广宁, 五里坨, 鲁谷
    _site("009007", "麻峪平房院", 1956, (0,), "612.00", "麻峪社区内", "永定农机站", stand=Stand(1, days=10), floors=1,
          flats=24, mix="unsold_public reform", parking=False),
    _site("009003", "新立街62号楼", 1974, (2,), "2952.00", "新立街62号", "广宁房管所",
          stand=Stand(2, days=26), floors=6, flats=5, mix="reform reform unsold_public"),
    _site("009011", "高井电厂宿舍", 1976, (4,) * 8, "25344.00", "高井路东侧", "高井发电厂", "电力安装公司",
          stand=Stand(4, "by_staff", 25), floors=5, flats=3, mix="reform reform reform central"),
    _site("010004", "西山机械厂宿舍大院", 1964, (5,) * 30, "164400.00", "西山机械厂社区内", "西山机械厂", "机械厂三产公司",
          "五里坨房管所", stand=Stand(2, days=48), floors=5, flats=4, mix="reform " * 7 + "unsold_public commodity",
          shops=40, garages=36),
    _site("010003", "黑石头排房", 1953, (0, 0, 0), "918.00", "黑石头路", "黑石头采石场", stand=Stand(1, "prepared", 16),
          floors=1, flats=12, mix="unsold_public reform", parking=False),
    _site("010015", "红卫路九号院", 1979, (4, 4, 4), "8064.00", "红卫路9号", "红卫化工厂", stand=Stand(6, days=6)),
    _site("011007", "五芳园三号楼", 1995, (4,), "3168.00", "五芳园社区内", stand=Stand(1, days=22, late=True),
          mix="commodity commodity reform"),
    _site("011018", "衙门口东楼", 1997, (3, 3), "4680.00", "衙门口东社区内", "鲁谷房管所",
          stand=Stand(1, days=28), body="property_committee", note="2021年成立物业管理委员会。"),
)  # fmt: skip

PLACES = (*SHAPES, *SITES)
