//! The bytes of what the performance page is made of: cost bases and samples.

use super::*;
use crate::exchange::{Basis, Trips};
use crate::samples::{Sample, SlotPrices};

#[test]
fn basis_version_1() {
    let basis = Basis {
        cost: money("225.5"),
        realised: money("-15"),
        fees: money("0.39"),
        turnover: money("390"),
        trip: money("-15.39"),
        trips: Trips {
            won: 300,
            lost: 1,
            even: 0,
        },
    };
    let read = |bytes: &[u8]| decode::<BasisRow>(bytes)?.read();
    assert_golden(
        &BasisRow::from(&basis),
        "019e23011d004e028c0600851802ac020100",
        read,
        &basis,
    );
}

#[test]
fn samples_version_1() {
    let sample = Sample {
        at: Timestamp::from_millis(1_723_075_200_045),
        equity: money("44916.99"),
        invested: money("45500"),
    };
    let read = |bytes: &[u8]| decode::<SampleRow>(bytes)?.read();
    assert_golden(
        &SampleRow::from(&sample),
        "01ad88a4fa9232e6a6a40402f8c60500",
        read,
        &sample,
    );
    let slot = SlotPrices {
        slot: 957_264,
        prices: vec![(pair(), price("64780.12"))],
    };
    let read = |bytes: &[u8]| decode::<PriceSlotRow>(bytes)?.read(957_264);
    assert_golden(
        &PriceSlotRow::from(&slot),
        "0101084254432f55534454f8e2960602",
        read,
        &slot,
    );
}
