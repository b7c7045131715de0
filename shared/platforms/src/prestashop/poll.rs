//! What changed since a moment: orders by `date_upd`, slips by `date_add`, because a slip moves no
//! date of its order (STORES, PrestaShop 3). Dates are of the shop's clock, whose zone is the option
//! `time_zone`.

use causeway_domain::ports::Call;
use causeway_domain::{Fault, OrderId, Subject, Timestamp};
use jiff::tz::TimeZone;

use super::rows::{Row, rows};
use super::settings::Options;
use super::{api, order};
use crate::adapter::{Answer, FetchContext, Poll};
use crate::window;

/// Rows of a page. There is no total: a page that is not full is the last one (STORES, PrestaShop 8).
const PAGE: usize = 200;
/// Dates are whole seconds, and a row is stored a little after its date.
const OVERLAP_SECONDS: i64 = 5;
/// The end of the range; ranges are inclusive (recording 274).
const NEVER: &str = "2099-01-01 00:00:00";

/// A list that is polled.
struct List {
    path: &'static str,
    name: &'static str,
    rows: &'static str,
    date: &'static str,
    display: &'static str,
}

const LISTS: [List; 2] = [
    List {
        path: "orders",
        name: "prestashop changed orders",
        rows: "orders",
        date: "date_upd",
        display: "[id,date_upd]",
    },
    List {
        path: "order_slip",
        name: "prestashop new order_slip",
        rows: "order_slips",
        date: "date_add",
        display: "[id,id_order,date_add]",
    },
];

/// Asks for the next page of both lists at once, until each has one that is not full. By id, not by
/// date: a change while we read must not move an order to a page that was read already.
pub(super) fn step(
    cx: &FetchContext<'_>,
    since: Timestamp,
    answers: &[Answer],
) -> Result<Poll, Fault> {
    let options = Options::of(cx.connection)?;
    let zone = options.time_zone()?;
    let mut left = answers;
    let mut open: Vec<&List> = LISTS.iter().collect();
    let mut subjects = Vec::new();
    let mut dates = Vec::new();
    for page in 0.. {
        if open.is_empty() {
            break;
        }
        let Some((now, later)) = left.split_at_checked(open.len()) else {
            let from = from(since, cx.now, &zone);
            let calls: Result<Vec<Call>, Fault> =
                open.iter().map(|list| call(cx, &options, list, &from, page)).collect();
            return calls.map(Poll::Ask);
        };
        let mut still = Vec::new();
        for (list, answer) in open.iter().zip(now) {
            let found = rows(&cx.connection.store, list.rows, answer)?;
            for row in &found {
                subjects.push(subject(list, row)?);
                dates.extend(order::local(row, list.date, &zone)?);
            }
            if found.len() >= PAGE {
                still.push(*list);
            }
        }
        open = still;
        left = later;
    }
    subjects.sort();
    subjects.dedup();
    let until = window::until_seen(since, dates.into_iter(), answers.first(), OVERLAP_SECONDS);
    Ok(Poll::Found { subjects, until })
}

fn subject(list: &List, row: &Row) -> Result<Subject, Fault> {
    if list.path == "orders" {
        return row.id().map(|id| Subject::Order(OrderId::new(id)));
    }
    let order = row.reference("id_order").ok_or_else(|| row.bad("id_order", "is not an id"))?;
    Ok(Subject::AfterSales(OrderId::new(order)))
}

/// The moment on the shop's clock. In the night when clocks go back an hour happens twice: the
/// smaller of the two offsets between then and now misses nothing.
fn from(since: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(since).min(zone.to_offset(now));
    offset.to_datetime(since).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn call(
    cx: &FetchContext<'_>,
    options: &Options,
    list: &List,
    from: &str,
    page: usize,
) -> Result<Call, Fault> {
    let filter = format!("filter[{}]", list.date);
    let range = format!("[{from},{NEVER}]");
    let limit = format!("{},{PAGE}", page * PAGE);
    let query = [
        ("display", list.display),
        ("date", "1"),
        (filter.as_str(), range.as_str()),
        ("sort", "[id_ASC]"),
        ("limit", limit.as_str()),
    ];
    api::list(cx, options, (list.path, list.name), &query)
}
