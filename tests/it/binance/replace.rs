//! An order in the place of another.

use serde_json::{Value, json};

use super::stage::{Stage, told};

const REPLACE: &str = "/api/v3/order/cancelReplace";
const NEW: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.2";

fn resting(stage: &mut Stage, price: &str) -> Value {
    stage.place(&format!("{NEW}&price={price}"))
}

#[test]
fn both_steps_are_told() {
    let mut stage = Stage::new("");
    let old = resting(&mut stage, "40000");
    let query = format!(
        "{NEW}&price=41000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId={}&cancelNewClientOrderId=away&newClientOrderId=next",
        old["orderId"]
    );
    let both = stage.done("POST", REPLACE, &query);
    let told = |value: &Value, names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| value[*name].clone()).collect()
    };
    assert_eq!(
        told(&both, &["cancelResult", "newOrderResult"]),
        ["SUCCESS", "SUCCESS"]
    );
    let canceled = told(
        &both["cancelResponse"],
        &["orderId", "origClientOrderId", "clientOrderId", "status"],
    );
    let old_name = old["clientOrderId"].as_str().unwrap();
    assert_eq!(
        canceled,
        [json!(1), json!(old_name), json!("away"), json!("CANCELED")]
    );
    let placed = told(
        &both["newOrderResponse"],
        &["orderId", "clientOrderId", "status", "fills"],
    );
    assert_eq!(placed, [json!(2), json!("next"), json!("NEW"), json!([])]);
    // The money of the first is free for the second, which may have its name.
    stage
        .own
        .post("/balance/USDT/withdrawal", r#"{"amount":90000}"#);
    let query = format!(
        "{NEW}&price=50000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=next&newClientOrderId=next"
    );
    let both = stage.done("POST", REPLACE, &query);
    assert_eq!(both["newOrderResponse"]["status"], "FILLED");
    assert_eq!(both["newOrderResponse"]["fills"][0]["qty"], "0.20000000");
    assert_eq!(
        stage.balance("USDT"),
        ("0.00000000".into(), "0.00000000".into())
    );
}

/// What became of a step: the word, and the code of a failure.
type Step = (&'static str, i64);

/// What is asked of an open order at 40000 (and no other), the status, the code, and what became of both steps.
const FAILED: &[(&str, u16, i64, Step, Step)] = &[
    // The first is not there.
    (
        "cancelReplaceMode=STOP_ON_FAILURE&price=41000&cancelOrderId=99",
        400,
        -2022,
        ("FAILURE", -2011),
        ("NOT_ATTEMPTED", 0),
    ),
    (
        "cancelReplaceMode=ALLOW_FAILURE&price=41000&cancelOrderId=99",
        409,
        -2021,
        ("FAILURE", -2011),
        ("SUCCESS", 0),
    ),
    (
        "cancelReplaceMode=ALLOW_FAILURE&price=999999&cancelOrderId=99",
        400,
        -2022,
        ("FAILURE", -2011),
        ("FAILURE", -2010),
    ),
    // It is there, and the second cannot be paid for.
    (
        "cancelReplaceMode=STOP_ON_FAILURE&price=999999&cancelOrderId=1",
        409,
        -2021,
        ("SUCCESS", 0),
        ("FAILURE", -2010),
    ),
    (
        "cancelReplaceMode=ALLOW_FAILURE&price=999999&cancelOrderId=1",
        409,
        -2021,
        ("SUCCESS", 0),
        ("FAILURE", -2010),
    ),
    // It is there in another state.
    (
        "cancelReplaceMode=STOP_ON_FAILURE&price=41000&cancelOrderId=1&cancelRestrictions=ONLY_PARTIALLY_FILLED",
        400,
        -2022,
        ("FAILURE", -2011),
        ("NOT_ATTEMPTED", 0),
    ),
    // Its two ids are not those of one order.
    (
        "cancelReplaceMode=STOP_ON_FAILURE&price=41000&cancelOrderId=1&cancelOrigClientOrderId=other",
        400,
        -2022,
        ("FAILURE", -2011),
        ("NOT_ATTEMPTED", 0),
    ),
];

#[test]
fn each_step_that_fails_is_told() {
    for &(query, status, code, cancel, new) in FAILED {
        let mut stage = Stage::new("");
        resting(&mut stage, "40000");
        let answer = stage.signed("POST", REPLACE, &format!("{NEW}&{query}"));
        let text = match code {
            -2021 => "Order cancel-replace partially failed.",
            _ => "Order cancel-replace failed.",
        };
        assert_eq!(
            (answer.status, told(&answer)),
            (status, (code, text.to_owned())),
            "{query}"
        );
        let data = &answer.json()["data"];
        for (result, response, (word, why)) in [
            ("cancelResult", "cancelResponse", cancel),
            ("newOrderResult", "newOrderResponse", new),
        ] {
            assert_eq!(data[result], word, "{query}");
            match word {
                "SUCCESS" => assert!(data[response]["orderId"].is_u64(), "{query}: {data}"),
                "FAILURE" => assert_eq!(data[response]["code"], why, "{query}"),
                _ => assert_eq!(data[response], Value::Null, "{query}"),
            }
        }
        let open = stage.done("GET", "/api/v3/openOrders", "symbol=BTCUSDT");
        let gone = cancel.0 == "SUCCESS";
        let placed = new.0 == "SUCCESS";
        let expected = usize::from(!gone) + usize::from(placed);
        assert_eq!(open.as_array().unwrap().len(), expected, "{query}");
        // What was placed counts, however it is told.
        let counted = stage.done("GET", "/api/v3/rateLimit/order", "");
        assert_eq!(counted[1]["count"], 1 + u64::from(placed), "{query}");
    }
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let mut stage = Stage::new("");
    resting(&mut stage, "40000");
    for (query, code) in [
        ("price=41000&cancelOrderId=1", -1102),
        ("price=41000&cancelReplaceMode=STOP_ON_FAILURE", -1102),
        ("price=41000&cancelReplaceMode=MAYBE&cancelOrderId=1", -1130),
        (
            "price=41000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=1&cancelRestrictions=ONLY_OLD",
            -1130,
        ),
        (
            "price=41000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=1&orderRateLimitExceededMode=X",
            -1130,
        ),
        ("cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=1", -1102),
    ] {
        let refusal = stage.refused("POST", REPLACE, &format!("{NEW}&{query}"));
        assert_eq!(refusal.0, code, "{query}: {}", refusal.1);
    }
    let open = stage.done("GET", "/api/v3/openOrders", "symbol=BTCUSDT");
    assert_eq!(open.as_array().unwrap().len(), 1);
}

#[test]
fn an_order_of_a_list_takes_the_other_one_with_it() {
    let mut stage = Stage::new("");
    let list = stage.done(
        "POST",
        "/api/v3/orderList/oco",
        "symbol=BTCUSDT&side=BUY&quantity=0.1&aboveType=STOP_LOSS&aboveStopPrice=60000&belowType=LIMIT_MAKER&belowPrice=40000",
    );
    let query = format!(
        "{NEW}&price=41000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId={}",
        list["orders"][1]["orderId"]
    );
    let both = stage.done("POST", REPLACE, &query);
    assert_eq!(
        both["cancelResponse"]["orderReports"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let open = stage.done("GET", "/api/v3/openOrders", "symbol=BTCUSDT");
    assert_eq!(open.as_array().unwrap().len(), 1);
}
