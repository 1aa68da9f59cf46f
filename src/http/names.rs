//! Reads the names of assets and symbols that clients write.

use super::context::Context;
use super::fields::invalid;
use super::problem::Problem;
use crate::exchange::Rejection;
use crate::units::{Asset, InvalidName, Symbol};

/// A symbol in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// As symbols are written.
    Symbol(Symbol),
    /// In another case than symbols are written, which no market is known by.
    OtherCase(Symbol),
}

/// Reads a symbol. Something that cannot be one in any case is an error that names the field.
pub(super) fn symbol(field: &str, text: &str) -> Result<Named, Problem> {
    match Symbol::parse(text) {
        Ok(symbol) => Ok(Named::Symbol(symbol)),
        Err(InvalidName::BadCharacter) if text.bytes().any(|b| b.is_ascii_lowercase()) => {
            Symbol::parse(&text.to_ascii_uppercase())
                .map(Named::OtherCase)
                .map_err(|why| invalid(field, why))
        }
        Err(why) => Err(invalid(field, why)),
    }
}

/// The same, and a symbol in another case is unknown.
pub(super) async fn known_case(
    context: &Context,
    field: &str,
    text: &str,
) -> Result<Symbol, Problem> {
    match symbol(field, text)? {
        Named::Symbol(symbol) => Ok(symbol),
        Named::OtherCase(upper) => {
            let listed =
                move |exchange: &crate::exchange::Exchange| exchange.market(upper).is_some();
            let hint = if context.mailbox.look(listed).await? {
                format!("; did you mean {upper}?")
            } else {
                String::new()
            };
            let detail = format!("Symbol {text} unknown or not tradeable{hint}");
            // The code and status are those of every unknown symbol.
            let mut problem = Problem::from(Rejection::UnknownSymbol(upper));
            problem.detail = detail;
            Err(problem)
        }
    }
}

/// Reads the name of an asset in either case.
pub(super) fn asset(field: &str, text: &str) -> Result<Asset, Problem> {
    Asset::parse_any_case(text).map_err(|why| match why {
        InvalidName::BadCharacter => {
            invalid(field, "may hold only letters, digits, '.', '_' and '-'")
        }
        InvalidName::Empty
        | InvalidName::TooLong
        | InvalidName::NotAPair
        | InvalidName::SameAsset => invalid(field, why),
    })
}
