//! One debit line against one credit line: how much of either is matched, in which currency, and
//! what the exchange rates leave over.

use super::super::cell::{Cell, Record, round};
use super::super::env::Env;
use super::super::fail::Answer;
use super::super::seed::Seed;
use super::{LINE, PARTIAL, decimals, num, rate, reconcile};
use rust_decimal::Decimal;

/// What is left of a line.
#[derive(Clone, Copy)]
struct Side {
    line: i64,
    currency: i64,
    /// In the company's currency, positive.
    left: Decimal,
    /// In the line's currency, positive.
    foreign: Decimal,
}

impl Side {
    fn of(env: &Env<'_>, line: i64, sign: Decimal) -> Self {
        Self {
            line,
            currency: env.store.reference(LINE, line, "currency_id").unwrap_or(Seed::EUR),
            left: sign * super::number(env, line, "amount_residual"),
            foreign: sign * super::number(env, line, "amount_residual_currency"),
        }
    }
    /// What can be matched in a currency, and the units of it for one of the company's.
    fn in_currency(&self, env: &Env<'_>, currency: i64) -> Option<(Decimal, Decimal)> {
        if currency == Seed::EUR {
            return (!self.left.is_zero()).then_some((self.left, Decimal::ONE));
        }
        if currency == self.currency {
            let balance = super::number(env, self.line, "balance").abs();
            let amount = super::number(env, self.line, "amount_currency").abs();
            let own = if balance.is_zero() { Decimal::ZERO } else { amount / balance };
            return (!self.foreign.is_zero()).then_some((self.foreign, own));
        }
        let rate = rate(env, currency);
        let amount = round(self.left * rate, decimals(env, currency));
        (self.currency == Seed::EUR && !amount.is_zero()).then_some((amount, rate))
    }
}

/// Matches a debit with a credit; whether either has something left.
pub fn pair(env: &mut Env<'_>, debit: i64, credit: i64) -> Answer<(bool, bool)> {
    let one = Side::of(env, debit, Decimal::ONE);
    let other = Side::of(env, credit, -Decimal::ONE);
    let money = [one.currency, other.currency]
        .into_iter()
        .find(|c| {
            *c != Seed::EUR
                && one.in_currency(env, *c).is_some()
                && other.in_currency(env, *c).is_some()
        })
        .unwrap_or(Seed::EUR);
    let (from, to) = (one.in_currency(env, money), other.in_currency(env, money));
    let (Some(from), Some(to)) = (from, to) else {
        return Ok((from.is_some(), to.is_some()));
    };
    let amount = from.0.min(to.0);
    let (full_debit, full_credit) = (from.0 <= to.0, to.0 <= from.0);
    let places = decimals(env, Seed::EUR);
    let (matched, debit_foreign, credit_foreign, sides) = if money == Seed::EUR {
        // Lines of one foreign currency of which one has only a difference of rates left.
        let foreign = |side: &Side| {
            let rate = side.in_currency(env, side.currency).map(|pair| pair.1);
            match (one.currency == other.currency && one.currency != Seed::EUR, rate) {
                (false, Some(rate)) => {
                    round(rate * amount, decimals(env, side.currency)).min(side.foreign)
                }
                _ => Decimal::ZERO,
            }
        };
        (amount, foreign(&one), foreign(&other), (amount, amount))
    } else {
        let (matched, own, theirs) =
            converted(env, amount, money, (one, from.1), (other, to.1), places);
        let foreign = |side: &Side| if side.currency == Seed::EUR { matched } else { amount };
        (matched, foreign(&one), foreign(&other), (own, theirs))
    };
    let id = record(env, debit, credit, matched, amount);
    env.store.set(
        PARTIAL,
        id,
        [
            ("debit_amount_currency", num(debit_foreign)),
            ("credit_amount_currency", num(credit_foreign)),
        ],
    );
    take(env, debit, -matched, -debit_foreign);
    take(env, credit, matched, credit_foreign);
    if money != Seed::EUR {
        leftover(env, one, full_debit, Decimal::ONE, sides.0 - matched)?;
        leftover(env, other, full_credit, -Decimal::ONE, sides.1 - matched)?;
    }
    let left = |env: &Env<'_>, line: i64| {
        !super::number(env, line, "amount_residual").is_zero()
            || !super::number(env, line, "amount_residual_currency").is_zero()
    };
    Ok((left(env, debit), left(env, credit)))
}

/// The matched amount in the company's currency. Amounts that differ only by rounding are taken for
/// equal, so that no cent is left over.
fn converted(
    env: &Env<'_>,
    amount: Decimal,
    money: i64,
    debit: (Side, Decimal),
    credit: (Side, Decimal),
    places: u32,
) -> (Decimal, Decimal, Decimal) {
    let half = |side: &Side| {
        Decimal::new(
            5,
            decimals(env, if side.currency == Seed::EUR { Seed::EUR } else { money }) + 1,
        )
    };
    let range = |side: &Side, rate: Decimal| {
        if rate.is_zero() {
            return [Decimal::ZERO; 3];
        }
        [amount - half(side), amount, amount + half(side)].map(|a| round(a / rate, places))
    };
    let (from, to) = (range(&debit.0, debit.1), range(&credit.0, credit.1));
    let own = from[1].min(debit.0.left);
    let theirs = to[1].min(credit.0.left);
    if own <= to[2] && own >= to[0] && theirs <= from[2] && theirs >= from[0] {
        let matched = debit.0.left.min(credit.0.left);
        return (matched, matched, matched);
    }
    (own.min(theirs), own, theirs)
}

fn take(env: &mut Env<'_>, line: i64, amount: Decimal, foreign: Decimal) {
    let left = super::number(env, line, "amount_residual") + amount;
    let left_foreign = super::number(env, line, "amount_residual_currency") + foreign;
    env.store.set(
        LINE,
        line,
        [("amount_residual", num(left)), ("amount_residual_currency", num(left_foreign))],
    );
}

/// A line without anything left in its own currency must have nothing left at all; a line matched
/// in part keeps its rate.
fn leftover(
    env: &mut Env<'_>,
    side: Side,
    full: bool,
    sign: Decimal,
    beyond: Decimal,
) -> Answer<()> {
    let rest = super::number(env, side.line, "amount_residual");
    let over = if full { rest } else { sign * beyond.max(Decimal::ZERO) };
    if over.is_zero() {
        return Ok(());
    }
    let foreign = if side.currency == Seed::EUR { over } else { Decimal::ZERO };
    reconcile::exchange(env, side.line, over, foreign)
}

/// Writes down that two lines were matched.
pub fn record(
    env: &mut Env<'_>,
    debit: i64,
    credit: i64,
    amount: Decimal,
    foreign: Decimal,
) -> i64 {
    let mut row = Record::new();
    for (field, cell) in [
        ("debit_move_id", Cell::Ref(debit)),
        ("credit_move_id", Cell::Ref(credit)),
        ("amount", num(amount)),
        ("amount_currency", num(foreign)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    let id = env.store.next_id(PARTIAL);
    env.store.put(PARTIAL, id, Some(row));
    for line in [debit, credit] {
        let mut partials = env.cell(LINE, line, "_partials").ids().to_vec();
        partials.push(id);
        env.store.set(LINE, line, [("_partials", Cell::Refs(partials))]);
    }
    id
}
