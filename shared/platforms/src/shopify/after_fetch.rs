//! The calls of a fetch of what happened after an order: transactions and returns at once, then every
//! refund at once, then what is longer than a page.

use causeway_domain::ports::Call;
use causeway_domain::{AfterSales, Fault, Order, Refund, Return};
use serde_json::json;

use super::after_shape::{
    AfterData, AfterNode, RefundData, RefundNode, ReturnLinesData, ReturnNode, ReturnsData,
};
use super::answer::data;
use super::fetch::{call, cursor, gid};
use super::lines::Amounts;
use super::settings::{self, Settings};
use super::shape::{Identified, id_tail};
use super::{captures, refunds, returns};
use crate::adapter::{Answer, FetchAfterSales, FetchContext};
use crate::answer::unreadable;

/// The query of transactions and of the ids of refunds.
pub(super) const AFTER: &str =
    concat!(include_str!("after.graphql"), include_str!("amounts.graphql"));
/// The query of one refund.
pub(super) const REFUND: &str =
    concat!(include_str!("refund.graphql"), include_str!("amounts.graphql"));
/// The query of returns.
pub(super) const RETURNS: &str =
    concat!(include_str!("returns.graphql"), include_str!("returned_line.graphql"));
/// The query of further lines of a return.
pub(super) const RETURN_LINES: &str =
    concat!(include_str!("return_lines.graphql"), include_str!("returned_line.graphql"));

/// As many refunds or transactions as one query asks for; an order that has them all may have more.
const MOST: usize = 100;

const WHAT: &str = "shopify refunds";

pub(super) fn next(
    cx: &FetchContext<'_>,
    order: &Order,
    answers: &[Answer],
) -> Result<FetchAfterSales, Fault> {
    let settings = settings::read(cx.connection)?;
    let mut talk = Talk { cx, settings: &settings, order, answers: answers.iter() };
    let read = talk.read()?;
    let (head, backs, nodes) = match read {
        Step::Ask(calls) => return Ok(FetchAfterSales::Ask(calls)),
        Step::Read(read) => *read,
    };
    let amounts = Amounts {
        side: settings.currency,
        currency: order.currency,
        taxes_included: order.prices_include_tax,
    };
    let refunds: Vec<Option<Refund>> = nodes
        .iter()
        .map(|node| refunds::read(amounts, order, head.edited, node))
        .collect::<Result<_, Fault>>()?;
    let returns: Vec<Return> = backs.iter().map(returns::read).collect::<Result<_, Fault>>()?;
    let after = AfterSales {
        captures: captures::read(amounts, &head.transactions)?,
        refunds: refunds.into_iter().flatten().collect(),
        returns,
    };
    after.check(&order.key, order.currency)?;
    Ok(FetchAfterSales::Found(Box::new(after)))
}

type Read = (AfterNode, Vec<ReturnNode>, Vec<RefundNode>);

enum Step {
    Ask(Vec<Call>),
    Read(Box<Read>),
}

/// The answers so far, one after another, and what is asked when they end.
struct Talk<'a> {
    cx: &'a FetchContext<'a>,
    settings: &'a Settings,
    order: &'a Order,
    answers: std::slice::Iter<'a, Answer>,
}

/// Takes the next answer, or ends the step with these calls.
macro_rules! answer_or_ask {
    ($talk:expr, $calls:expr) => {
        match $talk.answers.next() {
            Some(answer) => answer,
            None => return Ok(Step::Ask($calls)),
        }
    };
}

impl Talk<'_> {
    fn read(&mut self) -> Result<Step, Fault> {
        let first = answer_or_ask!(self, self.first()?);
        let head = data::<AfterData>(&self.cx.connection.store, WHAT, first)?.order;
        let head = head.ok_or_else(|| self.vanished())?;
        self.unchanged(&head.updated_at)?;
        if head.refunds.len() >= MOST || head.transactions.len() >= MOST {
            return Err(Fault::reject(
                format!("order {} has {MOST} refunds or transactions or more", self.order.key),
                "bring its refunds to Odoo by hand",
            ));
        }
        let mut backs = Vec::new();
        let mut more = self.settings.returns;
        let mut after = None;
        while more {
            let answer = answer_or_ask!(self, vec![self.returns(after)?]);
            let page = data::<ReturnsData>(&self.cx.connection.store, WHAT, answer)?.order;
            let page = page.ok_or_else(|| self.vanished())?;
            self.unchanged(&page.updated_at)?;
            after = cursor(&page.returns.page_info)?;
            more = after.is_some();
            backs.extend(page.returns.nodes);
        }
        for back in &mut backs {
            while let Some(after) = cursor(&back.return_line_items.page_info)? {
                let answer = answer_or_ask!(self, vec![self.return_lines(&back.id, &after)?]);
                let page = data::<ReturnLinesData>(&self.cx.connection.store, WHAT, answer)?.back;
                let page = page.filter(|page| page.id == back.id);
                let page = page.ok_or_else(|| self.vanished())?.return_line_items;
                back.return_line_items.nodes.extend(page.nodes);
                back.return_line_items.page_info = page.page_info;
            }
        }
        let mut nodes: Vec<RefundNode> = Vec::new();
        for (at, asked) in head.refunds.iter().enumerate() {
            let answer = answer_or_ask!(self, self.refunds(&head.refunds, at)?);
            nodes.push(self.refund_in(asked, answer)?);
        }
        for (asked, node) in head.refunds.iter().zip(&mut nodes) {
            while let Some(after) = cursor(&node.refund_line_items.page_info)? {
                let answer = answer_or_ask!(self, vec![self.refund(asked, Some(&after))?]);
                let page = self.refund_in(asked, answer)?.refund_line_items;
                node.refund_line_items.nodes.extend(page.nodes);
                node.refund_line_items.page_info = page.page_info;
            }
        }
        Ok(Step::Read(Box::new((head, backs, nodes))))
    }

    fn first(&self) -> Result<Vec<Call>, Fault> {
        let variables = json!({ "id": gid(&self.order.key.order)? });
        let mut calls = vec![call(self.cx, self.settings, WHAT, AFTER, variables)?];
        if self.settings.returns {
            calls.push(self.returns(None)?);
        }
        Ok(calls)
    }

    fn returns(&self, after: Option<String>) -> Result<Call, Fault> {
        let variables = json!({ "id": gid(&self.order.key.order)?, "after": after });
        call(self.cx, self.settings, "shopify returns", RETURNS, variables)
    }

    fn return_lines(&self, id: &str, after: &str) -> Result<Call, Fault> {
        let variables = json!({ "id": id, "after": after });
        call(self.cx, self.settings, "shopify return lines", RETURN_LINES, variables)
    }

    /// All refunds but the first `at`.
    fn refunds(&self, all: &[Identified], at: usize) -> Result<Vec<Call>, Fault> {
        all.iter().skip(at).map(|refund| self.refund(refund, None)).collect()
    }

    fn refund(&self, asked: &Identified, after: Option<&str>) -> Result<Call, Fault> {
        let variables = json!({ "id": asked.id, "returns": self.settings.returns, "after": after });
        call(self.cx, self.settings, "shopify refund", REFUND, variables)
    }

    fn refund_in(&self, asked: &Identified, answer: &Answer) -> Result<RefundNode, Fault> {
        let node = data::<RefundData>(&self.cx.connection.store, WHAT, answer)?.refund;
        let node = node.ok_or_else(|| self.vanished())?;
        let ours = id_tail(&node.order.id) == Some(self.order.key.order.as_str());
        if node.id == asked.id && ours {
            Ok(node)
        } else {
            Err(unreadable(WHAT, format!("asked for {}, got another refund", asked.id)))
        }
    }

    /// The order was read before its refunds: both must show the same state.
    fn unchanged(&self, updated_at: &str) -> Result<(), Fault> {
        let read = updated_at.parse().ok();
        match self.order.updated_at {
            Some(known) if read != Some(known) => {
                Err(Fault::retry(format!("order {} changed while it was read", self.order.key)))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn vanished(&self) -> Fault {
        Fault::retry(format!("order {}: a part of it vanished while it was read", self.order.key))
    }
}
