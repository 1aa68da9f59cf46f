//! Candles in bytes: `candles::Packed` behind the version, of one symbol or of many.

use serde::{Deserialize, Serialize};

use super::{Row, symbol};
use crate::store::StoreError;
use crate::units::Symbol;

/// The candles of one symbol in a full chunk.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ChunkRow(pub(in crate::store) Vec<u8>);

impl Row for ChunkRow {
    const VERSION: u8 = 1;
}

/// What was added to the open chunks of a level.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct SliceRow(Vec<(String, Vec<u8>)>);

impl Row for SliceRow {
    const VERSION: u8 = 1;
}

impl SliceRow {
    pub(in crate::store) fn of(candles: &[(Symbol, Vec<u8>)]) -> SliceRow {
        let row = |(symbol, packed): &(Symbol, Vec<u8>)| (symbol.to_string(), packed.clone());
        SliceRow(candles.iter().map(row).collect())
    }

    pub(in crate::store) fn read(self) -> Result<Vec<(Symbol, Vec<u8>)>, StoreError> {
        let read = |(name, packed): (String, Vec<u8>)| Ok((symbol(&name)?, packed));
        self.0.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::row::{decode, encode};

    #[test]
    fn the_bytes_are_those_of_version_1() {
        let chunk = [1, 2, 7, 8];
        assert_eq!(encode(&ChunkRow(vec![7, 8])).unwrap(), chunk);
        assert_eq!(decode::<ChunkRow>(&chunk).unwrap().0, [7, 8]);
        let candles = vec![(Symbol::parse("A/B").unwrap(), vec![9])];
        let slice = [1, 1, 3, b'A', b'/', b'B', 1, 9];
        assert_eq!(encode(&SliceRow::of(&candles)).unwrap(), slice);
        assert_eq!(decode::<SliceRow>(&slice).unwrap().read().unwrap(), candles);
    }
}
