//! The status pages: plain HTML for people, made on the server, under `/ui`.
//!
//! Nothing comes from the net, nothing is built in the browser: templates are checked at compile time and escape whatever
//! they show, charts are SVG, one small script turns times to the viewer's zone, lets them go on counting, and renews
//! what is shown. Without it everything still works.
//!
//! Pages stand beside the HTTP API and on the same [`Context`]; the daemon hands them the requests that they own.
//!
//! | module        | is                                                            |
//! | ------------- | ------------------------------------------------------------- |
//! | `route`       | one table: which path is which page, and who may see it       |
//! | `frame`       | what every page has round it; headers                         |
//! | `visitor`     | who is looking, and whether the key came along                |
//! | `figure`      | numbers for people                                            |
//! | `time`        | times and spans for people                                    |
//! | `chart`       | lines, sparks, rings and bars as SVG                          |
//! | `verdict`     | whether everything is all right, in words                     |
//! | `assets`      | the style sheet, the script, the icon                         |
//! | `facts`       | how the parts of the daemon are doing                         |
//! | `price_rows`  | rows of prices                                                |
//! | `pager`       | long tables in pieces                                         |
//! | `curve`       | equity over time, with its drawdown                           |
//! | `overview`    | `/ui`                                                         |
//! | `performance` | `/ui/performance`                                             |
//! | `portfolio`   | `/ui/portfolio`                                               |
//! | `orders`      | `/ui/orders`                                                  |
//! | `order`       | `/ui/orders/{id}`                                             |
//! | `order_*`     | what these two are made of; the file of all orders            |
//! | `trade`       | `/ui/trade`, and what its forms do                            |
//! | `ticket`      | the form of an order, and the order that it makes             |
//! | `login`       | `/ui/login`, `/ui/logout`                                     |
//! | `session`     | who has entered the key                                       |
//! | `guard`       | whether a form is one of ours                                 |
//! | `live`        | `/ui/events`: tells open pages that something changed         |
//! | `life`        | the picture of an order's life                                |
//!
//! [`Context`]: crate::http::Context

mod assets;
mod chart;
mod curve;
mod facts;
mod figure;
mod frame;
mod guard;
mod life;
mod live;
mod login;
mod order;
mod order_csv;
mod order_rows;
mod order_search;
mod order_terms;
mod order_waits;
mod orders;
mod overview;
mod pager;
mod performance;
mod portfolio;
mod price_rows;
mod route;
mod session;
mod ticket;
mod time;
mod trade;
mod verdict;
mod visitor;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::http::{Context, Request, Response};
use crate::samples::Samples;
use crate::units::Span;
use assets::Assets;
use live::Hub;
use session::Sessions;
use time::Zone;

/// Where the pages begin.
pub const FRONT: &str = "/ui";

/// How the pages are to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What stands at the top of every page.
    pub title: String,
    /// The zone of times where the browser does not tell its own.
    pub zone: String,
    /// How often a page that is live is renewed; none: only when the viewer asks.
    pub refresh: Option<Span>,
    /// How long a row counts as fresh.
    pub fresh_window: Span,
    /// Whether the pages are closed to people without the key.
    pub need_key: bool,
    /// Names in lower case under which changes are taken, besides addresses in digits and `localhost`.
    pub hosts: Vec<String>,
}

/// Everything that a page is made of.
#[derive(Debug)]
pub struct Pages {
    context: Rc<Context>,
    samples: Rc<RefCell<Samples>>,
    settings: Settings,
    zone: Zone,
    assets: Assets,
    sessions: Sessions,
    hub: Rc<Hub>,
    /// One for each file of orders that may be written at the same time.
    files: Arc<Semaphore>,
}

/// Method and path of all that is served under [`FRONT`], for whoever wants to know of each who may use it.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = assets::PATHS.into_iter().map(|path| ("GET", path));
    route::routes().chain(files)
}

impl Pages {
    /// Pages on a context, with what the daemon samples.
    pub fn new(context: Rc<Context>, samples: Rc<RefCell<Samples>>, settings: Settings) -> Pages {
        Pages {
            context,
            samples,
            zone: Zone::named(&settings.zone),
            assets: Assets::new(),
            sessions: Sessions::new(),
            hub: Rc::default(),
            files: Arc::new(Semaphore::new(order_csv::FILES_MAX)),
            settings,
        }
    }

    /// Whether a path is answered here and not by the API.
    pub fn owns(path: &str) -> bool {
        path.strip_prefix(FRONT)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Ends the streams of events, which would go on for ever.
    pub fn stop(&self) {
        self.hub.stop();
    }

    /// Answers a request for a path that is [owned](Pages::owns) here.
    pub async fn answer(&self, request: &Request) -> Response {
        let response = route::answer(self, request).await;
        self.context.count_other(response.status);
        response
    }
}
