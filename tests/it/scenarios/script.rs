//! The words of the scripts.
//!
//! ```text
//! rules fee_rate=0.001 maker_rate=0.0002 delay=500ms delay_max=1s tick_loop=10s expire=24h prune=never at_once=yes sigma=0.1 seed=7
//! list BTC/USDT                                  makes a symbol known
//! ticker BTC/USDT 100 bid 99 ask 101 bid_volume 5 ask_volume 5
//! price BTC/USDT 100 ask_volume 5                a price set by hand
//! buy BTC/USDT 2 limit 100                       without `limit`: a market order; `sell` alike
//!     .. ioc | fok | post_only | at_once | fee_in_received
//!                                                words that may stand behind an order
//!     .. good_till 5000 client bot-1             a date in ms from the start; the client's own id
//!     .. for 250                                 so much of the quote asset, in the place of the amount
//!     .. stop 95 | profit 105                    the price that triggers it
//!     .. stop - trail 100 from 95                one that trails by bips, from a price on
//! pair buy .. + buy ..                           two orders of which one is carried out; `pair name A buy ..` names it
//! replace 1 buy ..                               takes 1 back and places another; `replace_anyway`, `replace_new`
//! cancel_pair 1 | cancel_all BTC/USDT
//! cancel 1                                       by the number of the order
//! deposit USDT 1000                              `withdraw` alike
//! set USDT free 5 held 0                         the balance as it stands
//! wait 500ms                                     time goes by on both clocks
//! wall +2h                                       only the wall clock jumps; `-2h` back
//! reset
//! restart                                        everything out into a snapshot and in again
//! show orders | balances | pockets | flows | trades
//! ```

use mockx::exchange::{
    Command, Execution, FeeMode, Level, NewBalance, NewOrder, NewPair, NewPrice, OnlyIf, OrderKind,
    Replacement, Rules, Side, Strict, Terms, Ticker, TimeInForce, Trigger, TriggerKind,
};
use mockx::units::{
    Amount, Asset, ClientId, Exact, Invalid, OrderId, Price, Quantity, Rate, Span, Symbol,
    Timestamp,
};

use super::START;

/// Words of an order that stand alone.
const FLAGS: [&str; 6] = [
    "ioc",
    "fok",
    "unlimited",
    "post_only",
    "at_once",
    "fee_in_received",
];

/// What a line asks for.
pub enum Action {
    Rules(Vec<String>),
    Restart,
    Show(String),
    Wait(Span),
    Wall { forward: bool, span: Span },
    Command(Command),
}

/// Reads a line.
pub fn action(line: &str) -> Result<Action, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (verb, rest) = words.split_first().ok_or("an empty line")?;
    let command = match (*verb, rest) {
        ("rules", settings) => {
            return Ok(Action::Rules(
                settings.iter().map(|word| (*word).to_owned()).collect(),
            ));
        }
        ("restart", []) => return Ok(Action::Restart),
        ("show", [what]) => return Ok(Action::Show((*what).to_owned())),
        ("wait", [time]) => return Ok(Action::Wait(span(time)?)),
        ("wall", [time]) => {
            let (sign, time) = time.split_at(1);
            return Ok(Action::Wall {
                forward: sign == "+",
                span: span(time)?,
            });
        }
        ("list", [name]) => Command::List(vec![symbol(name)?]),
        ("ticker", [name, last, rest @ ..]) => {
            Command::ApplyTickers(vec![ticker(name, last, rest)?])
        }
        ("price", [name, price, rest @ ..]) => Command::SetPrice(NewPrice {
            symbol: symbol(name)?,
            price: number(price, Price::parse)?,
            bid_quantity: option(rest, "bid_volume", quantity)?,
            ask_quantity: option(rest, "ask_volume", quantity)?,
        }),
        ("buy", [name, amount, rest @ ..]) => order(Side::Buy, name, amount, rest)?,
        ("sell", [name, amount, rest @ ..]) => order(Side::Sell, name, amount, rest)?,
        ("pair", ["name", name, rest @ ..]) => pair(Some(name), rest)?,
        ("pair", rest) => pair(None, rest)?,
        (verb @ ("replace" | "replace_anyway" | "replace_new"), [id, rest @ ..]) => {
            let Action::Command(Command::Place(new)) = action(&rest.join(" "))? else {
                return Err("an order is replaced by an order".to_owned());
            };
            Command::Replace(Box::new(Replacement {
                cancel: OrderId::new(id.parse().map_err(|_| "not an id")?),
                only_if: if verb == "replace_new" {
                    OnlyIf::New
                } else {
                    OnlyIf::Open
                },
                new,
                in_any_case: verb == "replace_anyway",
            }))
        }
        ("cancel_pair", [id]) => {
            Command::CancelPair(OrderId::new(id.parse().map_err(|_| "not an id")?))
        }
        ("cancel_all", []) => Command::CancelAll(None),
        ("cancel_all", [name]) => Command::CancelAll(Some(symbol(name)?)),
        ("cancel", [id]) => Command::Cancel(OrderId::new(id.parse().map_err(|_| "not an id")?)),
        ("deposit", [name, sum]) => Command::Deposit(asset(name)?, money(sum)?),
        ("withdraw", [name, sum]) => Command::Withdraw(asset(name)?, money(sum)?),
        ("set", [name, rest @ ..]) => Command::SetBalance(NewBalance {
            asset: asset(name)?,
            free: option(rest, "free", money)?,
            held: option(rest, "held", money)?,
        }),
        ("reset", []) => Command::Reset,
        _ => return Err("not a command".to_owned()),
    };
    Ok(Action::Command(command))
}

fn pair(name: Option<&str>, words: &[&str]) -> Result<Command, String> {
    let middle = words.iter().position(|word| *word == "+");
    let (first, second) = words.split_at(middle.ok_or("a pair is two orders")?);
    let read = |words: &[&str]| {
        let Action::Command(Command::Place(new)) = action(&words.join(" "))? else {
            return Err("a pair is two orders".to_owned());
        };
        Ok(new)
    };
    let client_id = name.map(ClientId::parse).transpose();
    Ok(Command::PlacePair(Box::new(NewPair {
        orders: [read(first)?, read(&second[1..])?],
        client_id: client_id.map_err(|invalid| invalid.to_string())?,
    })))
}

/// The rules with other settings.
pub fn rules(mut rules: Rules, settings: &[String]) -> Result<Rules, String> {
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or("a setting is key=value")?;
        match key {
            "fee_rate" => rules.fee_rate = number(value, |text| Rate::parse(text, 1))?,
            "maker_rate" => {
                rules.maker_rate = Some(number(value, |text| Rate::parse(text, 1))?);
            }
            "delay" => {
                rules.market_delay_min = span(value)?;
                rules.market_delay_max = rules.market_delay_min;
            }
            "delay_max" => rules.market_delay_max = span(value)?,
            "tick_loop" => rules.tick_loop = maybe(value)?,
            "expire" => rules.expire_after = maybe(value)?,
            "prune" => rules.prune_after = maybe(value)?,
            "at_once" => rules.match_limit_at_once = value == "yes",
            "sigma" => {
                let millionths = number(value, Exact::parse)?.to_whole(1_000_000);
                rules.fill_sigma_ppm = millionths
                    .and_then(|ppm| ppm.try_into().ok())
                    .ok_or("bad sigma")?;
            }
            "seed" => rules.seed = value.parse().map_err(|_| "bad seed")?,
            _ => return Err(format!("{key} is no setting")),
        }
    }
    Ok(rules)
}

fn ticker(name: &str, last: &str, rest: &[&str]) -> Result<Ticker, String> {
    let price = |text: &str| number(text, Price::parse);
    Ok(Ticker {
        symbol: symbol(name)?,
        last: price(last)?,
        bid: option(rest, "bid", price)?,
        ask: option(rest, "ask", price)?,
        bid_quantity: option(rest, "bid_volume", quantity)?,
        ask_quantity: option(rest, "ask_volume", quantity)?,
        at: Timestamp::default(),
    })
}

fn order(side: Side, name: &str, amount: &str, rest: &[&str]) -> Result<Command, String> {
    let (flags, rest): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| FLAGS.contains(word));
    let limit = option(&rest, "limit", |text| number(text, Price::parse))?;
    let has = |flag: &str| flags.contains(&flag);
    let date = option(&rest, "good_till", |text| {
        let millis: u64 = text.parse().map_err(|_| format!("{text} is no date"))?;
        Ok(Timestamp::from_millis(START + millis))
    })?;
    let terms = Terms {
        time_in_force: match date {
            Some(date) => TimeInForce::GoodTill(date),
            None if has("ioc") => TimeInForce::ImmediateOrCancel,
            None if has("fok") => TimeInForce::FillOrKill,
            None if has("unlimited") => TimeInForce::Unlimited,
            None => TimeInForce::GoodTillCancelled,
        },
        post_only: has("post_only"),
        execution: if has("at_once") {
            Execution::AtOnce
        } else {
            Execution::Ticks
        },
        fee_mode: if has("fee_in_received") {
            FeeMode::Received
        } else {
            FeeMode::Quote
        },
        quote_amount: option(&rest, "for", money)?,
        trigger: trigger(&rest)?,
        client_id: option(&rest, "client", |text| {
            ClientId::parse(text).map_err(|invalid| invalid.to_string())
        })?,
    };
    Ok(Command::Place(NewOrder {
        symbol: symbol(name)?,
        side,
        kind: limit.map_or(OrderKind::Market, |price| OrderKind::Limit { price }),
        quantity: number(amount, Quantity::parse_positive)?,
        terms,
        strict: Strict::default(),
    }))
}

/// `stop 95` or `profit 105`, or `trail 100 from 95` with one of the two words and a dash.
fn trigger(words: &[&str]) -> Result<Option<Trigger>, String> {
    let price = |text: &str| number(text, Price::parse);
    let bips = option(words, "trail", |text| {
        text.parse().map_err(|_| "bad trail".to_owned())
    })?;
    let from = option(words, "from", price)?;
    for (word, kind) in [
        ("stop", TriggerKind::StopLoss),
        ("profit", TriggerKind::TakeProfit),
    ] {
        let level = match (option(words, word, |text| Ok(text.to_owned()))?, bips) {
            (Some(_), Some(bips)) => Level::Trail { bips, from },
            (Some(text), None) => Level::At(price(&text)?),
            (None, _) => continue,
        };
        return Ok(Some(Trigger { kind, level }));
    }
    Ok(None)
}

/// The value behind a key, where the key is there.
fn option<T>(
    words: &[&str],
    key: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let position = words.iter().step_by(2).position(|word| *word == key);
    position
        .map(|pair| {
            words
                .get(2 * pair + 1)
                .ok_or_else(|| format!("{key} needs a value"))
        })
        .transpose()?
        .map(|text| read(text))
        .transpose()
}

fn number<T>(text: &str, read: impl Fn(&str) -> Result<T, Invalid>) -> Result<T, String> {
    read(text).map_err(|invalid| format!("{text} {invalid}"))
}

fn quantity(text: &str) -> Result<Quantity, String> {
    number(text, |text| Quantity::try_new(Exact::parse(text)?))
}

fn money(text: &str) -> Result<Amount, String> {
    number(text, |text| Amount::try_new(Exact::parse(text)?))
}

fn asset(text: &str) -> Result<Asset, String> {
    Asset::parse(text).map_err(|invalid| format!("{text} {invalid}"))
}

fn symbol(text: &str) -> Result<Symbol, String> {
    Symbol::parse(text).map_err(|invalid| format!("{text} {invalid}"))
}

fn maybe(text: &str) -> Result<Option<Span>, String> {
    if text == "never" {
        Ok(None)
    } else {
        span(text).map(Some)
    }
}

/// `250ms`, `10s`, `5m` or `24h`.
fn span(text: &str) -> Result<Span, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let count: u64 = digits.parse().map_err(|_| format!("{text} is no time"))?;
    let millis = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("{text} has no unit")),
    };
    Ok(Span::from_millis(count * millis))
}
