//! The pages of two orders of which one cancels the other.

use crate::binance::stage::Stage;

/// Takes a profit above the price of 2500, and stops a loss below it.
const PAIR: &str = "symbol=ETHUSDT&side=SELL&quantity=2&aboveType=LIMIT_MAKER&abovePrice=2600&belowType=STOP_LOSS\
     &belowStopPrice=2400";

#[test]
fn each_order_of_a_pair_leads_to_the_other() {
    let mut stage = Stage::new("");
    stage.done("POST", "/api/v3/orderList/oco", PAIR);
    let link = |number: u32| format!("<a href=\"/ui/orders/{number:012}\">order {number}</a>");
    let page = |stage: &mut Stage, number: u32| {
        let page = stage.own.get(&format!("/ui/orders/{number:012}")).body;
        let (_, rest) = page.split_once("<h2>Sell 2.00 ETH/USDT").unwrap();
        rest.split("</section>").next().unwrap().to_owned()
    };
    let pages = [1, 2].map(|number| page(&mut stage, number));
    for (text, other) in pages.iter().zip([2, 1]) {
        let said = format!("One of a pair with {}: whichever goes first", link(other));
        assert!(text.contains(&said), "{text}");
    }
    let aside = |text: &String| text.contains("What both need is set aside for that one.");
    assert_eq!([&pages[0], &pages[1]].map(aside), [false, true]);
    // The first price that reaches either ends the other, and both still know of each other.
    stage.set_price("ETH%2FUSDT", "2700", "100");
    for (number, other) in [(1, 2), (2, 1)] {
        let text = page(&mut stage, number);
        let said = format!("<p>It was one of a pair with {}.</p>", link(other));
        assert!(text.contains(&said), "{text}");
    }
    let list = stage.own.get("/ui/orders").body;
    for status in ["<td>filled", "<td class=muted>expired"] {
        assert_eq!(list.matches(status).count(), 1, "{list}");
    }
}
