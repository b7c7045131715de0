//! What a merchant does to an order after it was placed, and what it must come to.
//!
//! A [`Fake`] keeps these beside the order's draft; each platform renders them in its own documents.

use super::draft::{Draft, Phase};
use super::fake::{Fake, Memory, render};
use super::shop::Platform;
use super::{magento, prestashop, shopify, square, woocommerce};
use causeway_domain::{Goods, ReturnState};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

/// A refund as a merchant makes it. What the buyer gets is what the lines and the delivery come to
/// on that platform, plus [`SampleRefund::amount`], less [`SampleRefund::fee`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleRefund {
    /// Which line (from 0), how many of it (zero: none), what becomes of the goods.
    pub lines: Vec<(usize, Decimal, Goods)>,
    /// The delivery too, all of it.
    pub shipping: bool,
    /// Money beside the lines, tax included: a courtesy.
    pub amount: Option<Decimal>,
    /// A restocking fee that is kept back, tax included; where the platform has none, the merchant
    /// pays so much less.
    pub fee: Option<Decimal>,
    /// True if the money has gone; false while it is on its way.
    pub settled: bool,
    /// The id of the return that it settles, where the platform links them.
    pub of_return: Option<String>,
}

impl SampleRefund {
    /// A settled refund of these lines.
    pub fn of(lines: &[(usize, Decimal, Goods)]) -> Self {
        Self { lines: lines.to_vec(), settled: true, ..Self::default() }
    }
    /// A settled refund of money only.
    pub fn money(amount: Decimal) -> Self {
        Self { amount: Some(amount), settled: true, ..Self::default() }
    }
}

/// How far the money of a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// On its way.
    Pending,
    /// Gone.
    Settled,
    /// The processor refused it: no refund.
    Failed,
}

/// A refund in a draft.
#[derive(Clone, Debug)]
pub struct DraftRefund {
    /// What the merchant entered.
    pub sample: SampleRefund,
    /// How far it is.
    pub state: RefundState,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A return in a draft.
#[derive(Clone, Debug)]
pub struct DraftReturn {
    /// Which line, how many.
    pub lines: Vec<(usize, Decimal)>,
    /// The reason in every platform's terms: `defective`, `unwanted`.
    pub reason: &'static str,
    /// How far it is.
    pub state: ReturnState,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// Everything after the order.
#[derive(Clone, Debug, Default)]
pub struct After {
    /// Refunds, oldest first.
    pub refunds: Vec<DraftRefund>,
    /// Returns, oldest first.
    pub returns: Vec<DraftReturn>,
    /// Events that did not move the order's own date.
    pub quiet: u32,
}

/// What an order's refunds and returns must come to, computed without our adapters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedAfterSales {
    /// Refunds that are not failed, oldest first.
    pub refunds: Vec<ExpectedRefund>,
    /// Returns, oldest first.
    pub returns: Vec<ExpectedReturn>,
    /// What was captured in all, in major units.
    pub captured: Decimal,
}

/// One refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRefund {
    /// The platform's id as the adapter must give it.
    pub id: String,
    /// What the buyer gets, tax included, in major units.
    pub gross: Decimal,
    /// The tax that the platform tells in its lines; money without a line tells none.
    pub tax: Decimal,
    /// Which lines with a quantity, how many, the goods as far as the platform tells them.
    pub lines: Vec<(usize, Decimal, Goods)>,
    /// True if the money has gone.
    pub settled: bool,
}

/// One return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedReturn {
    /// The platform's id as the adapter must give it.
    pub id: String,
    /// Where it stands.
    pub state: ReturnState,
    /// Which line, how many.
    pub lines: Vec<(usize, Decimal)>,
}

/// True where a refund or return changes the order's own date (STORES, PrestaShop 3; at Square a
/// refund is an order of its own).
fn moves_the_order(platform: Platform) -> bool {
    match platform {
        Platform::Shopify | Platform::WooCommerce | Platform::Magento => true,
        Platform::PrestaShop | Platform::Square => false,
    }
}

impl Draft {
    /// When the last thing happened to it, whether the order shows it or not.
    pub(super) fn happened_at(&self) -> Timestamp {
        self.updated_at() + SignedDuration::from_secs(61 * i64::from(self.after.quiet))
    }
    /// A number that moves with everything that happens; event ids derive from it.
    pub(super) fn state_number(&self) -> u32 {
        self.edits + self.after.quiet
    }
    /// How many of a line the first `upto` refunds took, failed ones left out.
    pub(super) fn refunded_before(&self, upto: usize, line: usize) -> Decimal {
        self.standing_refunds()
            .filter(|(at, _)| *at < upto)
            .flat_map(|(_, refund)| &refund.sample.lines)
            .filter(|(at, ..)| *at == line)
            .map(|(_, quantity, _)| *quantity)
            .sum()
    }
    /// Refunds that are not failed, with their place among all.
    pub(super) fn standing_refunds(&self) -> impl Iterator<Item = (usize, &DraftRefund)> {
        let all = self.after.refunds.iter().enumerate();
        all.filter(|(_, refund)| refund.state != RefundState::Failed)
    }
}

/// What the platform makes of it.
pub(super) fn expected(platform: Platform, draft: &Draft) -> ExpectedAfterSales {
    match platform {
        Platform::Shopify => shopify::expected_after_sales(draft),
        Platform::WooCommerce => woocommerce::expected_after_sales(draft),
        Platform::Magento => magento::expected_after_sales(draft),
        Platform::PrestaShop => prestashop::expected_after_sales(draft),
        Platform::Square => square::expected_after_sales(draft),
    }
}

impl Fake {
    /// A merchant refunds; returns the refund's id. Panics if there is no such order, or if a line
    /// has fewer left (every platform refuses that).
    pub fn refund(&self, order: &str, sample: SampleRefund) -> String {
        self.happens(order, |draft| {
            for (line, quantity, _) in &sample.lines {
                let before = draft.refunded_before(usize::MAX, *line);
                let left = draft.lines[*line].quantity - before;
                assert!(*quantity <= left, "line {line} has {left} left, not {quantity}");
            }
            let again = draft.standing_refunds().any(|(_, refund)| refund.sample.shipping);
            assert!(!(again && sample.shipping), "the delivery is refunded already");
            let made_at = draft.happened_at();
            let state = if sample.settled { RefundState::Settled } else { RefundState::Pending };
            draft.after.refunds.push(DraftRefund { sample, state, made_at });
        });
        self.expected_after_sales(order).refunds.pop().expect("the refund").id
    }

    /// A merchant refunds everything that is left, fee and tip included; returns the refund's id.
    pub fn refund_rest(&self, order: &str, goods: Goods, settled: bool) -> String {
        let draft = self.order(order).expect("an order of this store").draft;
        let left = |(at, line): (usize, &super::DraftLine)| {
            let quantity = line.quantity - draft.refunded_before(usize::MAX, at);
            (quantity > Decimal::ZERO).then_some((at, quantity, goods))
        };
        let shipped = draft.standing_refunds().any(|(_, refund)| refund.sample.shipping);
        let mut sample = SampleRefund {
            lines: draft.lines.iter().enumerate().filter_map(left).collect(),
            shipping: draft.shipping.is_some_and(|own| !own.amount.is_zero()) && !shipped,
            settled,
            ..SampleRefund::default()
        };
        // What it comes to by its lines tells what is missing to the whole.
        let before: Decimal =
            self.expected_after_sales(order).refunds.iter().map(|refund| refund.gross).sum();
        let refunded = before + self.refund_comes_to(order, &sample);
        let missing = self.expected(order).expect("an order").total - refunded;
        sample.amount = (missing > Decimal::ZERO).then_some(missing);
        sample.fee = (missing < Decimal::ZERO).then_some(-missing);
        self.refund(order, sample)
    }

    /// What the buyer would get of a refund, tax included.
    pub fn refund_comes_to(&self, order: &str, sample: &SampleRefund) -> Decimal {
        if sample.lines.is_empty() && !sample.shipping {
            return sample.amount.unwrap_or_default();
        }
        let mut trial = self.order(order).expect("an order of this store").draft;
        trial.after.refunds.push(DraftRefund {
            sample: sample.clone(),
            state: RefundState::Settled,
            made_at: trial.happened_at(),
        });
        let mut refunds = expected(self.shop().platform, &trial).refunds;
        refunds.pop().expect("the refund").gross
    }

    /// A merchant cancels an order and, if it was paid, gives everything back; returns the id of
    /// that refund.
    pub fn cancel(&self, order: &str, settled: bool) -> Option<String> {
        let paid = self.order(order).expect("an order of this store").draft.paid_at().is_some();
        let refund = paid.then(|| self.refund_rest(order, Goods::NotSent, settled));
        self.happens(order, |draft| draft.phase = Phase::Cancelled);
        refund
    }

    /// The processor says that the money of a refund has gone (or that it failed).
    pub fn settle_refund(&self, order: &str, refund: &str, state: RefundState) {
        let standing = self.expected_after_sales(order).refunds;
        let at = standing.iter().position(|one| one.id == refund).expect("a refund");
        self.happens(order, |draft| {
            let at = draft.standing_refunds().nth(at).expect("a refund").0;
            draft.after.refunds[at].state = state;
        });
    }

    /// A buyer asks to send goods back; returns the return's id. Panics where the platform knows no
    /// returns.
    pub fn request_return(&self, order: &str, lines: &[(usize, Decimal)]) -> String {
        self.happens(order, |draft| {
            let asked_at = draft.happened_at();
            draft.after.returns.push(DraftReturn {
                lines: lines.to_vec(),
                reason: "defective",
                state: ReturnState::Requested,
                asked_at,
            });
        });
        self.expected_after_sales(order).returns.pop().expect("a platform with returns").id
    }

    /// The merchant agrees to a return.
    pub fn approve_return(&self, order: &str, id: &str) {
        self.set_return(order, id, ReturnState::Open);
    }

    /// The merchant considers a return finished.
    pub fn close_return(&self, order: &str, id: &str) {
        self.set_return(order, id, ReturnState::Closed);
    }

    /// Any state of a return.
    pub fn set_return(&self, order: &str, id: &str, state: ReturnState) {
        let returns = self.expected_after_sales(order).returns;
        let at = returns.iter().position(|one| one.id == id).expect("a return");
        self.happens(order, |draft| draft.after.returns[at].state = state);
    }

    /// The processor tells its fee (Square); elsewhere only the order's date moves.
    pub fn fees_come(&self, order: &str) {
        self.happens(order, |_| {});
    }

    /// What an order's refunds and returns must come to. Panics if there is no such order.
    pub fn expected_after_sales(&self, order: &str) -> ExpectedAfterSales {
        let order = self.order(order).expect("an order of this store");
        expected(self.shop().platform, &order.draft)
    }

    /// Changes the draft and computes the order anew.
    fn happens(&self, id: &str, change: impl FnOnce(&mut Draft)) {
        let mut memory = self.memory();
        let memory: &mut Memory = &mut memory;
        let order = memory.orders.get_mut(id).expect("an order of this store");
        let mut draft = order.draft.clone();
        if moves_the_order(self.shop().platform) {
            draft.edits += 1;
        } else {
            draft.after.quiet += 1;
        }
        change(&mut draft);
        *order = render(self.shop(), draft);
    }
}
