//! Answers about the hash of all orders, of which the closed ones are with the archive.
//!
//! A field is made from the order as the exchange had it when it was asked, or from the archive where it is closed. The
//! whole hash may be larger than the memory: its ids are listed first, then it is sent page by page.

use std::collections::BTreeMap;

use super::keys::Scan;
use super::reply::{Protocol, Reply};
use crate::archive::{Archive, Unreadable};
use crate::exchange::{Exchange, Order};
use crate::keyspace::stored_order;
use crate::units::OrderId;

/// Orders of one page of the whole hash.
pub(super) const PAGE_ORDERS: usize = 200;
/// Open orders that go along with a question for the whole hash, so that they are as they were in that moment.
const IMAGES_MAX: usize = 1000;

/// Bytes of an id in an answer.
const ID_BYTES: usize = 19;

/// How an answer looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One order or null.
    Field,
    /// Several of them.
    Fields,
    /// 1 or 0.
    Exists,
    /// Ids with orders.
    Pairs,
    /// Ids.
    Ids,
    /// Orders.
    Values,
}

/// What is still to be looked up.
#[derive(Debug)]
pub(super) enum Late {
    /// These fields.
    Some(Shape, Vec<Option<Wanted>>, Protocol),
    /// A page, from the cursor on.
    Page(Scan, Vec<Order>, Protocol),
    /// All of it.
    All(All),
    /// Not of the hash, but a set of ids too long to be written down beside everything else.
    Members(Vec<OrderId>, Protocol),
}

/// An order that is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    id: OrderId,
    open: Option<Box<Order>>,
}

/// The whole hash.
#[derive(Debug)]
pub(super) struct All {
    pub(super) shape: Shape,
    /// Ids of what was open; of all orders, once the archive has been asked.
    pub(super) ids: Vec<OrderId>,
    /// Open orders as they were.
    pub(super) images: BTreeMap<OrderId, Order>,
    pub(super) protocol: Protocol,
}

impl Late {
    pub(super) fn some(
        shape: Shape,
        exchange: &Exchange,
        fields: &[Vec<u8>],
        protocol: Protocol,
    ) -> Late {
        let wanted = |field: &Vec<u8>| {
            let id = OrderId::parse(str::from_utf8(field).ok()?).ok()?;
            let open = exchange.order(id).cloned().map(Box::new);
            Some(Wanted { id, open })
        };
        Late::Some(shape, fields.iter().map(wanted).collect(), protocol)
    }

    pub(super) fn page(exchange: &Exchange, scan: Scan, protocol: Protocol) -> Late {
        let open = exchange.open_orders_from(OrderId::new(scan.cursor));
        let open = open.take(scan.count + 1).cloned().collect();
        Late::Page(scan, open, protocol)
    }

    pub(super) fn all(shape: Shape, exchange: &Exchange, protocol: Protocol) -> Late {
        let first = OrderId::new(0);
        let with_images = exchange.open_count() <= IMAGES_MAX && shape != Shape::Ids;
        let images = with_images.then(|| exchange.open_orders_from(first));
        let images = images.into_iter().flatten();
        Late::All(All {
            shape,
            ids: exchange.open_ids_from(first).collect(),
            images: images.map(|order| (order.id, order.clone())).collect(),
            protocol,
        })
    }

    /// Bytes that it keeps, about.
    pub(super) fn length(&self) -> usize {
        let order = size_of::<Order>();
        match self {
            Late::Some(_, wanted, _) => {
                let open = wanted.iter().flatten().filter(|one| one.open.is_some());
                open.count() * order + wanted.len() * size_of::<Wanted>()
            }
            Late::Page(_, open, _) => open.len() * order,
            Late::All(all) => all.images.len() * order + all.ids.len() * size_of::<OrderId>(),
            Late::Members(ids, _) => ids.len() * ID_BYTES,
        }
    }
}

/// An answer that is whole, or the hash whose ids are known now. May wait for a disk.
#[derive(Debug)]
pub(super) enum Found {
    Bytes(Vec<u8>),
    All(All),
}

/// Looks up what is missing.
pub(super) fn look_up(late: Late, archive: &dyn Archive) -> Result<Found, Unreadable> {
    match late {
        Late::Some(shape, wanted, protocol) => {
            let mut reply = Reply::new(protocol);
            if shape == Shape::Fields {
                reply.array(wanted.len());
            }
            for one in wanted {
                let text = match (one, shape) {
                    (Some(Wanted { open: Some(_), .. }), Shape::Exists) => {
                        reply.truth(true);
                        continue;
                    }
                    (Some(one), _) => text_of(one.id, one.open.as_deref(), archive)?,
                    (None, _) => None,
                };
                if shape == Shape::Exists {
                    reply.truth(text.is_some());
                } else {
                    reply.maybe(text.as_deref());
                }
            }
            Ok(Found::Bytes(reply.out))
        }
        Late::Page(scan, open, protocol) => {
            Ok(Found::Bytes(page(&scan, &open, protocol, archive)?))
        }
        Late::All(mut all) => {
            all.ids.extend(archive.closed_ids()?);
            all.ids.sort_unstable();
            all.ids.dedup();
            Ok(Found::All(all))
        }
        Late::Members(ids, protocol) => {
            let mut reply = Reply::new(protocol);
            reply.ids(&ids);
            Ok(Found::Bytes(reply.out))
        }
    }
}

/// The JSON of an order; none where there is none.
fn text_of(
    id: OrderId,
    open: Option<&Order>,
    archive: &dyn Archive,
) -> Result<Option<Vec<u8>>, Unreadable> {
    if let Some(order) = open {
        return stored_order(archive, order).map(Some);
    }
    let closed = archive.order(id)?;
    let text = closed.map(|order| stored_order(archive, &order));
    text.transpose()
}

/// Open and closed orders by id, from the cursor on. An order that is closed by now is taken from the archive.
fn page(
    scan: &Scan,
    open: &[Order],
    protocol: Protocol,
    archive: &dyn Archive,
) -> Result<Vec<u8>, Unreadable> {
    let closed = archive.closed_from(OrderId::new(scan.cursor), scan.count + 1)?;
    let mut rows: BTreeMap<OrderId, Option<&Order>> = BTreeMap::new();
    rows.extend(open.iter().map(|order| (order.id, Some(order))));
    rows.extend(closed.iter().map(|(order, _)| (order.id, None)));
    let next = rows.keys().nth(scan.count).map_or(0, |id| id.sequence());
    let wanted: Vec<(OrderId, Option<&Order>)> = rows
        .into_iter()
        .take(scan.count)
        .filter(|(id, _)| scan.wants(id.to_string().as_bytes()))
        .collect();
    let mut texts = Vec::with_capacity(wanted.len());
    for (id, open) in wanted {
        // What has been forgotten since is left out.
        if let Some(text) = text_of(id, open, archive)? {
            texts.push((id, text));
        }
    }
    let mut reply = Reply::new(protocol);
    reply.scanned(next);
    reply.array(texts.len() * if scan.no_values { 1 } else { 2 });
    for (id, text) in texts {
        reply.bulk(id.to_string().as_bytes());
        if !scan.no_values {
            reply.bulk(&text);
        }
    }
    Ok(reply.out)
}

impl All {
    /// What comes before the first page.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut reply = Reply::new(self.protocol);
        match self.shape {
            Shape::Pairs => reply.map(self.ids.len()),
            Shape::Field | Shape::Fields | Shape::Exists | Shape::Ids | Shape::Values => {
                reply.array(self.ids.len());
            }
        }
        reply.out
    }

    /// A page of ids alone.
    pub(super) fn ids_of(&self, ids: &[OrderId]) -> Vec<u8> {
        let mut reply = Reply::new(self.protocol);
        reply.bulks(ids.iter().map(OrderId::to_string));
        reply.out
    }
}

/// A page, given which of these orders are open. None where one has been forgotten since its id was listed: then the
/// answer cannot be what its head says. May wait for a disk.
pub(super) fn write_page(
    (shape, protocol): (Shape, Protocol),
    orders: &[(OrderId, Option<Order>)],
    archive: &dyn Archive,
) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut reply = Reply::new(protocol);
    for (id, open) in orders {
        let Some(text) = text_of(*id, open.as_ref(), archive)? else {
            return Ok(None);
        };
        if shape == Shape::Pairs {
            reply.bulk(id.to_string().as_bytes());
        }
        reply.bulk(&text);
    }
    Ok(Some(reply.out))
}
