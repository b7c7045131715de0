//! Entries of a point of sale, and an order that is cancelled.

use super::*;
use causeway_odoo::{
    AccountRecord, Cancelled, Culprit, EntryDraft, EntryLine, EntryTax, LocationRecord,
    PickingTypeRecord, RepartitionLine, TaxDocument,
};

/// Entries, and what they need to know.
#[derive(Debug)]
pub struct Books {
    pub journals: Vec<JournalRecord>,
    pub accounts: Vec<AccountRecord>,
    pub by_id: Vec<AccountRecord>,
    pub receivable: BTreeMap<i64, i64>,
    pub types: Vec<PickingTypeRecord>,
    pub locations: Vec<LocationRecord>,
    pub repartition: Vec<RepartitionLine>,
    pub sent: EntryDraft,
    pub lines: Vec<MoveLine>,
    pub lopsided: Fault,
    pub refused: Culprit,
    pub cancelled: [Cancelled; 2],
    pub cancelled_sale: SaleRecord,
    pub gone: Option<SaleRecord>,
}

/// A point-of-sale day, a refused entry, and an order that is cancelled.
pub async fn books<H: Http>(odoo: Odoo<'_, H>, place: &Place, tag: &str) -> Result<Books, Fault> {
    let play = play(odoo, place, tag).await?;
    let repartition = odoo.repartition(&[place.tax_21]).await?;
    let accounts = odoo.accounts_by_code(std::slice::from_ref(&place.expense)).await?;
    let income = play.journal(&JournalKind::Sale).default_account.unwrap();
    let clearing = play.journal(&JournalKind::Bank).default_account.unwrap();
    let by_id = odoo.accounts(&[income, clearing]).await?;
    let part = |base: bool| {
        let fits = |l: &&RepartitionLine| l.base == base && l.document == TaxDocument::Invoice;
        repartition.iter().find(fits).unwrap()
    };
    let (base, tax) = (part(true), part(false));
    let key = play.id("entry", "day");
    let line = |name: &str, account: i64, minor: i64, tax: EntryTax| EntryLine {
        id: key.line(name),
        account,
        name: name.to_owned(),
        partner: None,
        balance: cents(minor),
        amount: cents(minor),
        currency_id: play.euro,
        tax,
    };
    let sales = EntryTax::Base { taxes: vec![place.tax_21], tags: base.tags.clone() };
    let vat = EntryTax::Tax { repartition_line: tax.id, tags: tax.tags.clone() };
    let sent = EntryDraft {
        id: key.clone(),
        journal: play.journal(&JournalKind::General).id,
        company: place.company,
        date: day(),
        reference: format!("{tag} day"),
        lines: vec![
            line("card", clearing, 1465, EntryTax::None),
            line("fee", accounts[0].id, 35, EntryTax::None),
            line("sales", income, -1240, sales),
            line("vat", tax.account.unwrap(), -260, vat),
        ],
    };
    let entry = play.born("account.move", sent.record(eur())?).await?;
    assert!(odoo.post_moves(&[entry]).await?.is_empty());
    let lines = odoo.move_lines(&[entry]).await?;

    let mut wrong = sent.clone();
    wrong.id = play.id("entry", "wrong");
    wrong.lines.iter_mut().for_each(|line| line.id = wrong.id.line(&line.name));
    wrong.lines[0].balance = cents(1464);
    let lopsided = wrong.record(eur()).unwrap_err();
    wrong.lines[0].balance = cents(1465);
    wrong.lines[0].account = 99_999_999;
    let loaded = odoo.load_new("account.move", &[wrong.record(eur())?]).await?;
    let refused = loaded[0].clone().unwrap_err();

    let order = play.sell("2").await?.id;
    odoo.unlock_order(order).await?;
    let cancelled = [odoo.cancel_order(order).await?, odoo.cancel_order(order).await?];
    Ok(Books {
        accounts,
        by_id,
        receivable: odoo.receivable_accounts(&[place.partner]).await?,
        types: odoo.picking_types().await?,
        locations: odoo.locations().await?,
        cancelled_sale: odoo.read_sale(order).await?.unwrap(),
        gone: odoo.read_sale(99_999_999).await?,
        journals: play.journals,
        repartition,
        sent,
        lines,
        lopsided,
        refused,
        cancelled,
    })
}
