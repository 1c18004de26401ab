//! Arithmetic, reading and writing of numbers, against answers of `CPython` 3.11.

use std::cmp::Ordering;

use pyrite::kernel::format::Spec;
use pyrite::kernel::number::{
    FloatSum, compare_int_float, float_divmod, float_pow, int_divmod_by, int_floor_div, int_mod, int_pow,
    int_shift_left, int_true_div, round_digits, round_half_even,
};
use pyrite::kernel::parse::{parse_float, parse_int};
use pyrite::kernel::repr::float_repr;

#[test]
fn ints_floor_and_leave_64_bits() {
    assert_eq!([int_floor_div(7, -2), int_floor_div(-7, 2), int_floor_div(7, 0)], [Some(-4), Some(-4), None]);
    assert_eq!([int_mod(7, -2), int_mod(-7, 2), int_mod(i64::MIN, -1)], [Some(-1), Some(1), Some(0)]);
    assert_eq!(int_floor_div(i64::MIN, -1), None);
    let edges = [0, 1, 2, 6, 7, 8, 9, (1 << 31) - 1, 1 << 31, (1 << 52) - 1, 1 << 52, i64::MAX];
    let numbers = edges.iter().flat_map(|n| [*n, -n, n.wrapping_mul(7), n.wrapping_mul(7) - 1, !n]);
    for (a, by) in numbers.flat_map(|a| edges.iter().flat_map(move |by| [(a, *by), (a, -by)])) {
        let both = int_floor_div(a, by).zip(int_mod(a, by));
        assert_eq!(int_divmod_by(by)(a), both, "{a} by {by}");
    }
    assert_eq!(
        [int_pow(3, 39), int_pow(3, 40), int_pow(-1, i64::MAX), int_pow(2, -1)],
        [Some(4_052_555_153_018_976_267), None, Some(-1), None]
    );
    assert_eq!([int_shift_left(1, 62), int_shift_left(1, 63), int_shift_left(-1, 63)], [Some(1 << 62), None, None]);
    assert_eq!(int_true_div(1 << 53, 3), Some(3_002_399_751_580_330.5));
    assert_eq!(int_true_div((1 << 53) + 1, 3), None);
}

#[test]
fn floats_divide_as_cpython_does() {
    let bits = |pair: Option<(f64, f64)>| pair.map(|(q, r)| (q.to_bits(), r.to_bits()));
    for (a, b, quotient, rest) in [
        (7.5, -2.0, -4.0, -0.5),
        (-0.0, 3.0, -0.0, 0.0),
        (1.0, -0.1, -10.0, -0.000_000_000_000_000_055_511_151_231_257_83),
        (3.0, f64::INFINITY, 0.0, 3.0),
        (-3.0, f64::INFINITY, -1.0, f64::INFINITY),
    ] {
        assert_eq!(bits(float_divmod(a, b)), bits(Some((quotient, rest))), "{a} by {b}");
    }
    assert_eq!(float_divmod(1.0, 0.0), None);
    assert_eq!(
        [float_pow(2.0, 0.5), float_pow(-8.0, 1.5), float_pow(10.0, 400.0)],
        [Some(std::f64::consts::SQRT_2), None, None]
    );
}

#[test]
fn ints_and_floats_compare_exactly() {
    let big = (1i64 << 53) + 1;
    assert_eq!(compare_int_float(big, 9_007_199_254_740_992.0), Some(Ordering::Greater));
    assert_eq!(compare_int_float(i64::MAX, 9_223_372_036_854_775_808.0), Some(Ordering::Less));
    assert_eq!(compare_int_float(i64::MIN, -9_223_372_036_854_775_808.0), Some(Ordering::Equal));
    assert_eq!(compare_int_float(-1, -1.5), Some(Ordering::Greater));
    assert_eq!(compare_int_float(0, f64::NAN), None);
}

#[test]
fn floats_round_to_even() {
    assert_eq!([round_half_even(0.5), round_half_even(2.5), round_half_even(-1.5)], [Some(0), Some(2), Some(-2)]);
    assert_eq!(
        [round_digits(2.675, 2), round_digits(0.125, 2), round_digits(1e300, 2)],
        [Some(2.67), Some(0.12), Some(1e300)]
    );
    assert_eq!(round_half_even(1e19), None);
}

#[test]
fn sums_compensate_when_the_interpreter_does() {
    let sum = |compensated| {
        let mut sum = FloatSum::new(0.0, compensated);
        (0..10).for_each(|_| sum.add(0.1));
        sum.value()
    };
    assert_eq!([sum(false), sum(true)].map(f64::to_bits), [0.999_999_999_999_999_9, 1f64].map(f64::to_bits));
}

#[test]
fn ints_among_floats_are_compensated_where_the_interpreter_does() {
    let sum = |plainly| {
        let mut sum = FloatSum::new(1.0, true);
        sum.add_int(1 << 53, plainly);
        sum.add(1.0);
        sum.value() - 2f64.powi(53)
    };
    assert_eq!([sum(true), sum(false)].map(f64::to_bits), [0f64, 2.0].map(f64::to_bits));
}

#[test]
fn floats_are_written_as_repr_writes_them() {
    for (value, text) in [
        (1e16, "1e+16"),
        (9_999_999_999_999_998.0, "9999999999999998.0"),
        (0.0001, "0.0001"),
        (0.000_099_9, "9.99e-05"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
        (1.5e300, "1.5e+300"),
        (f64::NAN, "nan"),
        (f64::NEG_INFINITY, "-inf"),
        (123.0, "123.0"),
        (5_095_251_893_745_789.0 / 4.0, "1273812973436447.2"),
        (2f64.powi(-25), "2.9802322387695312e-08"),
        (2f64.powi(-24), "5.960464477539063e-08"),
        (2f64.powi(-44), "5.684341886080802e-14"),
    ] {
        assert_eq!(float_repr(value), text);
    }
}

#[test]
fn numbers_are_read_as_python_reads_them_or_left_to_it() {
    assert_eq!(
        [parse_int(" -12\n"), parse_int("+7"), parse_int("1_0"), parse_int("9223372036854775808")],
        [Some(-12), Some(7), None, None]
    );
    assert_eq!(
        [parse_float("1e3"), parse_float(" .5 "), parse_float("1e400"), parse_float("-Infinity")],
        [Some(1000.0), Some(0.5), Some(f64::INFINITY), Some(f64::NEG_INFINITY)]
    );
    assert_eq!([parse_float("1_0"), parse_float("."), parse_float("0x1p3"), parse_float("")], [None; 4]);
}

#[test]
fn formats_are_cpythons() {
    let float = |spec: &str, value: f64| {
        let mut out = String::new();
        Spec::parse(spec).unwrap().float(value, &mut out).map(|()| out)
    };
    assert_eq!(float("08.2f", -3.15625).as_deref(), Some("-0003.16"));
    assert_eq!(float(",.1f", 1_234_567.25).as_deref(), Some("1,234,567.2"));
    assert_eq!(float("g", 1e-5).as_deref(), Some("1e-05"));
    assert_eq!(float(".3G", 123_456.0).as_deref(), Some("1.23E+05"));
    assert_eq!(float(".1%", 0.125).as_deref(), Some("12.5%"));
    assert_eq!(float("*^+9.1e", 12.0).as_deref(), Some("+1.2e+01*"));
    assert!(Spec::parse("{nested}").is_err() && Spec::parse("n").is_err() && Spec::parse("#x").is_err());
}
