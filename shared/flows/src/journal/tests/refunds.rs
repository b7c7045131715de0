//! What is given back takes back what was booked.

use super::super::refund::refunds;
use super::*;
use causeway_domain::{LineId, Refund, RefundLine, RefundPayment};

fn money_refund(id: &str, minute: u32, cents: i64) -> Refund {
    let total = Money::from_minor(cents, Currency::from_code("EUR").unwrap());
    Refund {
        id: causeway_domain::RefundId::new(id),
        refunded_at: format!("2026-11-25T10:{minute:02}:00Z").parse().unwrap(),
        lines: vec![RefundLine::Amount { id: LineId::new("a"), gross: total }],
        total,
        payments: vec![RefundPayment {
            id: format!("p{id}"),
            method: "card".to_owned(),
            kind: PaymentKind::Money,
            amount: total,
            reference: None,
            settled: true,
        }],
        of_return: None,
    }
}

/// However a sale is given back in amounts, all together take back exactly what was booked, account by
/// account and tax by tax, and never more on the way.
#[test]
fn amounts_take_back_exactly_the_sale() {
    let (config, lines, taxes) = (config(), repartition(), rates());
    let report = TaxReport { lines: &lines, taxes: &taxes };
    let sold = order();
    let basis = Basis::of(&sold, &config, chart(&config)).unwrap();
    for step in [1_i64, 3, 7, 100, 333, 2500] {
        let mut left = 2500;
        let mut after = paid(None);
        while left > 0 {
            let place = after.refunds.len();
            let minute = u32::try_from(place % 60).unwrap();
            let id = format!("{place:05}");
            after.refunds.push(money_refund(&id, minute, step.min(left)));
            left -= step.min(left);
        }
        let back = refunds(&sold, &after, &basis, report, &config, chart(&config)).unwrap();
        let mut sums: BTreeMap<(i64, bool), i64> = BTreeMap::new();
        for item in back.iter().flat_map(|refund| &refund.entry.as_ref().unwrap().lines) {
            let tax = matches!(item.tax, EntryTax::Tax { .. });
            let sum = sums.entry((item.account, tax)).or_default();
            *sum += item.balance.minor();
            let most = match item.account {
                700 => 1239,
                712 => 714,
                451 => 261 + 86,
                500 => 200,
                _ => 0,
            };
            assert!(*sum <= most, "{step}: {} of {most} on {}", *sum, item.account);
        }
        let sums: Vec<i64> = sums.into_values().collect();
        assert_eq!(sums, [347, -2500, 200, 1239, 714], "{step}");
    }
    let mut after = paid(None);
    after.refunds = vec![money_refund("1", 1, 2400), money_refund("2", 2, 101)];
    let fault = refunds(&sold, &after, &basis, report, &config, chart(&config)).unwrap_err();
    assert!(fault.to_string().contains("25.01 EUR of 25.00 EUR"), "{fault}");
}
