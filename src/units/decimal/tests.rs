//! Exact decimals: reading, printing, and arithmetic that is exact or refused.

use super::*;

fn exact(text: &str) -> Exact {
    Exact::parse(text).unwrap()
}

#[test]
fn reads_and_prints_numbers_to_the_last_digit() {
    for (text, printed) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0.1", "0.1"),
        ("1.10", "1.1"),
        ("100", "100"),
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("1.5436839893732674e-05", "0.000015436839893732674"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0e999999999999", "0"),
        ("100e-2", "1"),
        (
            "1234567890.123456789012345678",
            "1234567890.123456789012345678",
        ),
        ("-2.50", "-2.5"),
        (
            "79228162514264337593543950335",
            "79228162514264337593543950335",
        ),
    ] {
        assert_eq!(exact(text).to_string(), printed, "{text}");
    }
}

#[test]
fn refuses_what_is_not_a_number_or_too_long() {
    for text in [
        "", "-", ".", "1.", ".5", "+1", "1_000", "NaN", "Infinity", "1e", "1e+", "0x1", " 1", "1 ",
        "1,5", "--1", "١",
    ] {
        assert_eq!(Exact::parse(text), Err(Invalid::NotANumber), "{text:?}");
    }
    assert_eq!(Exact::parse("1e400"), Err(Invalid::TooManyDigits));
    assert_eq!(Exact::parse("1e99999999999"), Err(Invalid::TooManyDigits));
    assert_eq!(Exact::parse("1e-40"), Err(Invalid::TooManyDecimals(28)));
    assert_eq!(
        Exact::parse("123456789012345678901234567890"),
        Err(Invalid::TooManyDigits)
    );
    assert_eq!(Exact::parse(&"9".repeat(200)), Err(Invalid::TooManyDigits));
}

#[test]
fn sums_are_exact_or_refused() {
    assert_eq!(exact("0.1").plus(exact("0.2")), Ok(exact("0.3")));
    assert_eq!(exact("1.50").minus(exact("0.5")), Ok(exact("1")));
    assert_eq!(
        exact("10000000000000000000000000000").minus(exact("0.00000001")),
        Err(Overflow)
    );
    assert_eq!(
        exact("79228162514264337593543950335").plus(exact("0.4")),
        Err(Overflow)
    );
    assert_eq!(
        exact("79228162514264337593543950335").plus(exact("1")),
        Err(Overflow)
    );
    // Trailing zeros of an intermediate result are not digits.
    let long = exact("0.0000000000000000000001").plus(exact("0.9999999999999999999999"));
    assert_eq!(
        long.unwrap().plus(exact("1000000000000000000000000000")),
        Ok(exact("1000000000000000000000000001"))
    );
}

#[test]
fn products_are_rounded_as_told() {
    let product =
        |a: &str, b: &str, rounding| exact(a).times(exact(b), 4, rounding).unwrap().to_string();
    assert_eq!(product("0.5", "0.5", Rounding::Up), "0.25");
    assert_eq!(product("0.01234", "1", Rounding::Down), "0.0123");
    assert_eq!(product("0.01234", "1", Rounding::Up), "0.0124");
    assert_eq!(product("0.01235", "1", Rounding::HalfUp), "0.0124");
    assert_eq!(product("0.012349", "1", Rounding::HalfUp), "0.0123");
    assert_eq!(
        product("0.00000000000001", "0.00000000000001", Rounding::Up),
        "0.0001"
    );
    assert_eq!(
        product("0.00000000000001", "0.00000000000001", Rounding::Down),
        "0"
    );
}

#[test]
fn products_of_more_than_128_bits_are_exact_too() {
    let a = exact("1234567890123.1234567890123");
    let b = exact("0.0001234567890123456789012");
    assert_eq!(
        a.times(b, 16, Rounding::Down).unwrap().to_string(),
        "152415787.5323472153789437"
    );
    assert_eq!(
        a.times(b, 10, Rounding::Up).unwrap().to_string(),
        "152415787.5323472154"
    );
    assert_eq!(a.times(a, 16, Rounding::Down), Err(Overflow));
}

#[test]
fn quotients_give_back_a_factor_of_up_to_seventeen_digits() {
    let price = exact("64780.12345678901");
    let quantity = exact("0.3");
    let notional = price.times(quantity, 16, Rounding::Up).unwrap();
    assert_eq!(notional.over(quantity), Some(price));
    assert_eq!(exact("1").over(Exact::ZERO), None);
    assert_eq!(
        exact("2").over(exact("3")).unwrap().to_string(),
        "0.66666666666666667"
    );
}

#[test]
fn parts_are_the_same_for_equal_values() {
    assert_eq!(exact("1.5").plus(exact("0.5")).unwrap().to_parts(), (2, 0));
    assert_eq!(Exact::from_parts(-1234, 2).unwrap().to_string(), "-12.34");
    assert_eq!(Exact::from_parts(i128::MAX, 2), Err(Overflow));
}

#[test]
fn whole_numbers_of_a_fraction() {
    assert_eq!(exact("0.1").to_whole(1_000_000), Some(100_000));
    assert_eq!(exact("1.0005").to_whole(1000), None);
    assert_eq!(exact("-1").to_whole(1000), None);
}

#[test]
fn fitting_counts_the_digits_that_stay_free() {
    assert!(exact("7922816251426.4").fits(15));
    assert!(!exact("7922816251427").fits(16));
    assert!(exact("1").fits(22));
    assert!(exact("-7900000").fits(22));
    assert!(!exact("-8000000").fits(22));
}

#[test]
fn the_order_is_that_of_the_values_whatever_their_decimals() {
    let rising = [
        "-79228162514264337593543950335",
        "-2",
        "-1.5",
        "-1.25",
        "-0.0000000000000000000000000001",
        "0",
        "0.0000000000000000000000000001",
        "0.0000000000000000000000000002",
        "1.25",
        "1.3",
        "1.5",
        "2",
        "10",
        "79228162514264337593543950335",
    ];
    for (first, one) in rising.iter().enumerate() {
        for (second, other) in rising.iter().enumerate() {
            let (one, other) = (exact(one), exact(other));
            assert_eq!(one.cmp(&other), first.cmp(&second), "{one} and {other}");
            assert_eq!(one == other, first == second, "{one} and {other}");
        }
    }
}
