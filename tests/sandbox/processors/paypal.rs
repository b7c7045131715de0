//! PayPal: the settlement report (STL) of a day.

use super::{Line, Payout, What};

/// The account; a settlement is `STL-<account>-<day>-<currency>`.
pub const PAYER: &str = "CAUSEWAYDEMO1";
/// What was on the account before.
const BEGINNING: i64 = 12_345;

const COLUMNS: &str = "\"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\
    \"PayPal Reference ID Type\",\"Transaction Event Code\",\"Transaction Initiation Date\",\
    \"Transaction Completion Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\
    \"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\
    \"Custom Field\",\"Consumer ID\",\"Payment Tracking ID\",\"Store ID\",\"Bank Reference ID\",\
    \"Credit Transactional Fee\",\"Credit Promotional Fee\",\"Credit Term\"\n";

fn code(what: What) -> &'static str {
    match what {
        What::Charge => "T0006",
        What::Gift => "T0000",
        What::Refund => "T1107",
        What::Dispute => "T1201",
        What::Adjustment => "T1200",
    }
}

/// A payment's own id is that of its transaction.
fn transaction(payout: &Payout, at: usize) -> String {
    let line = &payout.lines[at];
    match (line.what, &line.payment) {
        (What::Charge | What::Gift, Some(payment)) => payment.clone(),
        (_, _) => format!("9RF{:014}", payout.line_id(at) % 100_000_000_000_000),
    }
}

pub(super) fn line_id(payout: &Payout, at: usize) -> String {
    format!("{}:{}", transaction(payout, at), code(payout.lines[at].what))
}

fn side(minor: i64) -> &'static str {
    if minor < 0 { "DR" } else { "CR" }
}

/// Its name and its lines.
pub(super) fn report(payout: &Payout) -> (String, String) {
    let day = payout.day();
    let time = day.strftime("%Y/%m/%d");
    let mut text = format!(
        "\u{feff}\"RH\",{time} 23:59:59 +0000,\"A\",\"{PAYER}\",009,\n\"FH\",01\n\
         \"SH\",{time} 00:00:00 +0000,{time} 23:59:59 +0000,\"{PAYER}\",\"\"\n{COLUMNS}"
    );
    for (at, line) in payout.lines.iter().enumerate() {
        text += &row(payout, at, line);
    }
    let out = payout.deposit();
    text += &format!(
        "\"SB\",\"8WD{:014}\",\"\",\"\",\"\",\"T0400\",{time} 18:00:00 +0000,{time} 18:00:00 +0000,\"DR\",{out},\
         \"EUR\",\"\",,\"\",\"\",\"\",\"\",\"\",\"\",,,\n",
        payout.line_id(9_998) % 100_000_000_000_000,
    );
    let sum = |credit: bool| -> i64 {
        let own = payout.lines.iter().filter(|line| (line.gross > 0) == credit);
        own.map(|line| line.gross.abs()).sum()
    };
    let (credit, debit, rows) = (sum(true), sum(false) + out, payout.lines.len() + 1);
    let ending = BEGINNING + payout.kept;
    text += &format!(
        "\"SF\",\"EUR\",{credit},{debit},0,{},\"CR\",{BEGINNING},\"{}\",{},\"CR\",0,\"CR\",0,\"CR\",0,\"CR\",0,{rows}\n\
         \"SC\",{rows}\n\"RF\",\"EUR\",{credit}\n\"RC\",{rows}\n\"FF\",{rows}\n",
        payout.fees(),
        side(ending),
        ending.abs(),
    );
    (format!("STL-{}.01.009.CSV", day.strftime("%Y%m%d")), text)
}

fn row(payout: &Payout, at: usize, line: &Line) -> String {
    let time = payout.day().strftime("%Y/%m/%d").to_string();
    let refers = match line.what {
        What::Refund | What::Dispute => line.payment.as_deref(),
        What::Charge | What::Gift | What::Adjustment => None,
    };
    let sold = line.sold.as_ref();
    let fee = match line.fee {
        0 => "\"\",,\"\"".to_owned(),
        fee => format!("\"{}\",{},\"EUR\"", side(-fee), fee.abs()),
    };
    format!(
        "\"SB\",\"{}\",\"{}\",\"{}\",\"{}\",\"{}\",{time} 10:15:42 +0000,{time} 10:15:42 +0000,\"{}\",{},\"EUR\",\
         {fee},\"{}\",\"\",\"\",\"\",\"\",,,\n",
        transaction(payout, at),
        // The plugin's own prefix before the number.
        sold.map_or(String::new(), |sold| format!("WC-{}", sold.number)),
        refers.unwrap_or_default(),
        refers.map_or("", |_| "TXN"),
        code(line.what),
        side(line.gross),
        line.gross.abs(),
        sold.map_or("", |sold| sold.order.as_str()),
    )
}
