//! `portable_hash` against what `CPython` printed with PYTHONHASHSEED=0.

use pyrite::chunk::{Columns, Type};
use pyrite::shuffle::{partition_ids, portable_hash};

use super::values::{Value, columns};

fn one(value: &Value, kind: &Type) -> i64 {
    portable_hash(&columns(std::slice::from_ref(value), kind)).unwrap()[0]
}

fn str_hash(text: &str) -> i64 {
    one(&Value::Str(text.to_owned()), &Type::Str)
}

fn int(value: i64) -> i64 {
    one(&Value::Int(value), &Type::Int)
}

fn float(value: f64) -> i64 {
    one(&Value::Float(value), &Type::Float)
}

#[test]
fn str_and_bytes() {
    assert_eq!(str_hash(""), 0);
    assert_eq!(str_hash("a"), 4_644_417_185_603_328_019);
    assert_eq!(str_hash("b"), -8_420_940_591_063_670_578);
    assert_eq!(str_hash("c"), -2_649_405_227_494_141_838);
    assert_eq!(str_hash("abc"), -4_594_863_902_769_663_758);
    assert_eq!(str_hash("hello"), -2_096_571_579_003_691_106);
    assert_eq!(str_hash("é"), 6_047_309_291_227_476_195);
    assert_eq!(str_hash("€"), -5_529_981_157_763_016_009);
    assert_eq!(str_hash("😀"), -3_536_540_696_076_613_844);
    assert_eq!(one(&Value::Bytes(b"abc".to_vec()), &Type::Bytes), -4_594_863_902_769_663_758);
    assert_eq!(one(&Value::Bytes(Vec::new()), &Type::Bytes), 0);
    assert_eq!(str_hash("cb"), 6_108_282_680_562_018_752);
    assert_eq!(str_hash("X\u{ff}"), 5_391_496_524_395_877_918);
    assert_eq!(str_hash("\u{65e5}\u{d7ff}"), -3_458_869_730_770_865_029);
    assert_eq!(str_hash("\u{65e5}\u{10000}"), -5_514_751_016_862_200_182);
    assert_eq!(str_hash("Z b"), 5_753_452_269_184_879_000);
    assert_eq!(str_hash("0a\u{df}"), -3_159_710_119_231_447_677);
    assert_eq!(str_hash("\u{127}a\u{d7ff}"), -6_110_753_782_297_416_493);
    assert_eq!(str_hash("90\u{10000}"), -125_300_613_252_004_119);
    assert_eq!(str_hash("bYaaa9a"), 1_897_734_128_059_608_882);
    assert_eq!(str_hash("Z\u{e9} Z\u{80}a\u{e9}"), -2_391_768_970_625_965_946);
    assert_eq!(str_hash("\u{20ac}\u{65e5}\u{fffd}0\u{80}0\u{20ac}"), -3_053_684_478_040_853_053);
    assert_eq!(str_hash("\u{20ac}\u{ff}a\u{127}\u{fffd}\u{10000}\u{1f600}"), -3_032_062_350_846_410_044);
    assert_eq!(str_hash("cXbY9Z9 "), 7_167_576_487_074_954_790);
    assert_eq!(str_hash("XX\u{ff}09Z\u{ff}\u{ff}"), 5_303_610_268_862_009_411);
    assert_eq!(str_hash("\u{65e5}0\u{df}\u{127}Y\u{80}\u{fffd}\u{65e5}"), -1_599_499_984_823_600_000);
    assert_eq!(str_hash("c\u{20ac}\u{d7ff} Y\u{d7ff}\u{df}\u{10ffff}"), 3_859_401_423_239_282_268);
    assert_eq!(str_hash("0a0aXZcc9"), 8_864_687_081_596_747_501);
    assert_eq!(str_hash(" a\u{df} 99 Z\u{80}"), 5_622_449_678_552_679_715);
    assert_eq!(str_hash("\u{80}\u{20ac}9\u{fffd}a\u{df}\u{d7ff}X\u{fffd}"), 4_269_045_320_583_683_754);
    assert_eq!(str_hash("\u{fffd}Z\u{127}b\u{65e5}\u{80}\u{1f600}\u{fffd}\u{1f600}"), -5_988_164_978_729_260_666);
    assert_eq!(str_hash("9Z0YZYa99Y0a c9"), 3_694_302_772_917_037_559);
    assert_eq!(str_hash("\u{ff}cb\u{df}9\u{df}Xa\u{e9}bba0a\u{80}"), -9_161_454_106_756_364_008);
    assert_eq!(str_hash("09 Y\u{80}\u{ff}cYY9\u{d7ff}Y9\u{ff}\u{d7ff}"), -6_277_769_891_269_372_506);
    assert_eq!(
        str_hash("\u{e9}\u{65e5}\u{65e5} a\u{ff}\u{df}\u{e9}\u{127}Z9 9\u{d7ff}\u{1f600}"),
        916_136_729_402_905_410
    );
    assert_eq!(str_hash("Za aZcac09Z9 90 "), 1_242_684_211_330_870_581);
    assert_eq!(str_hash("9\u{e9}aZ\u{e9}\u{ff}\u{df}Y\u{e9}\u{e9}Za\u{80}Xc\u{e9}"), -1_451_232_595_817_518_641);
    assert_eq!(str_hash("b\u{ff}cc\u{ff}\u{ff}Y\u{127}9Xa\u{fffd}bZ\u{20ac}\u{20ac}"), 805_366_760_024_552_094);
    assert_eq!(
        str_hash("\u{10ffff}\u{d7ff}b\u{df}Z\u{80} Z\u{1f600}\u{127}\u{1f600}Z\u{65e5} \u{df}\u{10ffff}"),
        -5_076_818_068_155_274_995
    );
    assert_eq!(str_hash("90aYZXac YcYZ XbZ"), 7_752_259_755_596_474_186);
    assert_eq!(str_hash("9Y\u{e9}90\u{df}9 b\u{80}abccc9\u{e9}"), -7_561_258_443_322_038_637);
    assert_eq!(
        str_hash("9\u{e9}\u{d7ff}9\u{80}\u{e9}\u{e9} \u{ff}0\u{65e5}X\u{fffd} \u{e9}b\u{d7ff}"),
        -6_602_229_604_511_881_663
    );
    assert_eq!(
        str_hash("c\u{df}XX\u{e9} \u{10ffff}\u{1f600}\u{df}c\u{1f600}\u{fffd}0\u{1f600}c9\u{10ffff}"),
        463_846_990_709_063_396
    );
    assert_eq!(str_hash("X9b0XbaXaabZba  Zcb0c cbZZ9X9X0"), -8_264_773_706_523_767_821);
    assert_eq!(
        str_hash("Yb \u{e9}Yaaa\u{df}X\u{80}\u{ff}Y0ZYZbbY\u{ff}0bX \u{df}\u{ff}\u{df}9\u{80}\u{df}"),
        5_058_071_005_393_841_407
    );
    assert_eq!(
        str_hash(
            "\u{80}9Y\u{fffd}Z\u{ff}Z0\u{80}c9c\u{20ac}c\u{e9}0\u{df}\u{ff}b\u{e9}Y\u{e9}\u{ff}0\u{e9} \u{fffd}c00\u{127}"
        ),
        -6_283_467_276_062_378_405
    );
    assert_eq!(
        str_hash(
            "0\u{df}c9\u{fffd}cca\u{10000}a\u{ff}\u{80}\u{65e5}\u{65e5}X \u{d7ff}\u{e9}c\u{d7ff}YYXX\u{e9}\u{ff} \u{d7ff}\u{10ffff}\u{ff}\u{1f600}"
        ),
        7_872_598_086_381_569_410
    );
    assert_eq!(str_hash(" c9aY9 cXZ9ca Xb0Z9X9090aZYcX0aZaaYcccXX"), 5_204_474_274_493_826_376);
    assert_eq!(
        str_hash(
            "Z\u{ff}Zc\u{ff}b 0ac9Y9\u{e9}0\u{e9}\u{e9}\u{80}  Y0\u{e9}0 \u{80}ZY9\u{ff}\u{80}\u{e9}X\u{e9} ab\u{df}9\u{80}"
        ),
        -9_060_525_649_977_485_619
    );
    assert_eq!(
        str_hash(
            "Y\u{d7ff}Z\u{ff}\u{ff}\u{ff}\u{fffd}\u{80}Y\u{20ac}c \u{d7ff}\u{df}YX9\u{127}Zb\u{65e5}\u{df}\u{80}\u{df}\u{d7ff}Y\u{fffd}b\u{d7ff}c9 9cXc\u{20ac}0\u{df}\u{d7ff}"
        ),
        5_898_019_986_526_049_139
    );
    assert_eq!(
        str_hash(
            "\u{df}Y\u{e9}\u{20ac}X\u{10ffff}\u{65e5}Z \u{127}\u{10ffff}\u{fffd}\u{127} \u{ff}90\u{df}\u{fffd}aZ\u{d7ff}\u{20ac}\u{1f600}aa\u{10000}\u{10ffff}09ZY\u{ff}X\u{fffd}Z9\u{ff}\u{1f600}\u{10ffff}"
        ),
        8_022_121_706_799_915_535
    );
}

#[test]
fn numbers() {
    assert_eq!([int(0), int(1), int(-1), int(-2), int(1 << 61)], [0, 1, -2, -2, 1]);
    assert_eq!(float(1.5), 1_152_921_504_606_846_977);
    assert_eq!(float(0.1), 230_584_300_921_369_408);
    assert_eq!([float(-1.0), float(0.0), float(-0.0)], [-2, 0, 0]);
    assert_eq!([float(f64::INFINITY), float(f64::NEG_INFINITY)], [314_159, -314_159]);
    assert_eq!(one(&Value::Bool(true), &Type::Bool), 1);
    assert_eq!(int(2_305_843_009_213_693_951), 0);
    assert_eq!(int(2_305_843_009_213_693_950), 2_305_843_009_213_693_950);
    assert_eq!(int(4_611_686_018_427_387_904), 2);
    assert_eq!(int(9_223_372_036_854_775_807), 3);
    assert_eq!(int(i64::MIN), -4);
    assert_eq!(int(-2_305_843_009_213_693_952), -2);
    assert_eq!(int(-2_305_843_009_213_693_951), 0);
    assert_eq!(int(123_456_789_012_345_678), 123_456_789_012_345_678);
    assert_eq!(int(-987_654_321), -987_654_321);
    assert_eq!(float(f64::from_bits(0x0000_0000_0000_0001)), 16_777_216); // 5e-324
    assert_eq!(float(f64::from_bits(0x8000_0000_0000_0001)), -16_777_216); // -5e-324
    assert_eq!(float(f64::from_bits(0x0010_0000_0000_0000)), 32_768); // 2.2250738585072014e-308
    assert_eq!(float(f64::from_bits(0x7fef_ffff_ffff_ffff)), 2_234_066_890_152_476_671); // 1.7976931348623157e+308
    assert_eq!(float(f64::from_bits(0xd4b2_49ad_2594_c37d)), -1_822_893_315_824_342_674); // -1e+100
    assert_eq!(float(f64::from_bits(0x4009_21fb_5444_2d18)), 326_490_430_436_040_707); // 3.141592653589793
    assert_eq!(float(f64::from_bits(0x4341_c379_37e0_8000)), 10_000_000_000_000_000); // 1e+16
    assert_eq!(float(f64::from_bits(0x40fe_240c_9fbe_76c9)), 1_819_310_134_279_660_096); // 123456.789
    assert_eq!(float(f64::from_bits(0xbfe0_0000_0000_0000)), -1_152_921_504_606_846_976); // -0.5
    assert_eq!(float(f64::from_bits(0x43c0_0000_0000_0000)), 1); // 2.305843009213694e+18
    assert_eq!(float(f64::from_bits(0x3c20_0000_0000_0000)), 1); // 4.336808689942018e-19
    assert_eq!(float(f64::from_bits(0x3fd5_5555_5555_5555)), 768_614_336_404_564_608); // 0.3333333333333333
    assert_eq!(float(f64::from_bits(0x2bbe_e8ab_d515_3664)), 1_378_109_982_141_400_397); // 5.6525521474862974e-98
    assert_eq!(float(f64::from_bits(0x32a1_3af2_7247_0add)), 507_460_902_414_947_218); // 8.180555975674338e-65
    assert_eq!(float(f64::from_bits(0x33c0_ff48_dc7a_4bee)), 1_729_980_292_913_908_093); // 2.1154773931743826e-59
    assert_eq!(float(f64::from_bits(0x3e4f_b9f3_dae7_20b2)), 1_803_005_589_572_089_529); // 1.4773745640818199e-08
    assert_eq!(float(f64::from_bits(0x22e7_74f5_2b00_b570)), 792_833_027_070_470_057); // 1.5388703069790384e-140
    assert_eq!(float(f64::from_bits(0x1f69_6b54_5b61_6e42)), 877_577_680_037_041_243); // 2.3142757799893723e-157
    assert_eq!(float(f64::from_bits(0x36c3_c049_6b82_ed5c)), 2_137_943_270_436_203_394); // 6.919303636194954e-45
    assert_eq!(float(f64::from_bits(0x3138_6668_1f2e_490c)), 923_306_490_919_911_814); // 1.3809925464965826e-71
}

#[test]
fn tuples_and_none() {
    let tuple = |items: Vec<Value>, kinds: Vec<Type>| one(&Value::Tuple(items), &Type::Tuple(kinds));
    let a = || Value::Str("a".to_owned());
    assert_eq!(one(&Value::None, &Type::Null), 0);
    assert_eq!(one(&Value::None, &Type::Optional(Box::new(Type::Str))), 0);
    assert_eq!(tuple(vec![], vec![]), 3_430_008);
    assert_eq!(tuple(vec![Value::Int(1)], vec![Type::Int]), 3_430_019_290_026);
    assert_eq!(tuple(vec![Value::Float(1.0)], vec![Type::Float]), 3_430_019_290_026);
    assert_eq!(tuple(vec![Value::None], vec![Type::Null]), 3_430_018_290_025);
    assert_eq!(tuple(vec![a(), Value::Int(1)], vec![Type::Str, Type::Int]), 102_774_922_574_124_034);
    let optional = Type::Optional(Box::new(Type::Int));
    assert_eq!(tuple(vec![Value::None, Value::Int(1)], vec![optional, Type::Int]), 3_430_028_580_079_870_073);
    let inner = Type::Tuple(vec![Type::Int]);
    assert_eq!(tuple(vec![a(), Value::Tuple(vec![Value::Int(1)])], vec![Type::Str, inner]), 1_265_052_337_502_908_355);
}

#[test]
fn declines_what_has_no_portable_hash() {
    assert!(portable_hash(&columns(&[Value::Float(f64::NAN)], &Type::Float)).is_err());
    let lists = Type::List(Box::new(Type::Int));
    assert!(portable_hash(&Columns::empty(lists)).unwrap().is_empty());
}

#[test]
fn partitions_follow_pythons_modulo() {
    assert_eq!(partition_ids(&[-2, -2, 5], 3), [1, 1, 2]);
    assert_eq!(partition_ids(&[-1, i64::MIN, 7], 4), [3, 0, 3]);
    assert_eq!(partition_ids(&[i64::MIN, i64::MAX], 1), [0, 0]);
}
