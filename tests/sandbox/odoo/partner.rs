//! `res.partner`: normalised email, VAT check, commercial partner, what children take over.

use super::cell::{Cell, Record, get};
use super::env::Env;
use super::fail::{Answer, Fail};
use super::orm::{self, commands, name_child};
use super::values::{Command, Val, Vals};
use super::vat;

const MODEL: &str = "res.partner";
const ADDRESS: &[&str] = &["street", "street2", "zip", "city", "state_id", "country_id"];

/// Creates a contact and its children.
pub fn create(env: &mut Env<'_>, vals: Vals) -> Answer<i64> {
    let model = env.model(MODEL)?;
    let vals = with_company_type(vals);
    let mut row = Record::new();
    let tz = env.context.get("tz").and_then(|tz| tz.as_str()).unwrap_or_default();
    for (field, cell) in [
        ("type", Cell::Text("contact".to_owned())),
        ("lang", Cell::Text("en_US".to_owned())),
        ("tz", Cell::text(tz)),
        ("child_ids", Cell::Refs(Vec::new())),
    ] {
        row.insert(field.to_owned(), cell);
    }
    let id = orm::insert(env, model, vals.clone(), row)?;
    settle(env, id, &vals, true)?;
    check_name(env, id)?;
    apply_children(env, id, &vals)?;
    Ok(id)
}

/// Writes a contact.
pub fn write(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    let model = env.model(MODEL)?;
    let vals = with_company_type(vals.clone());
    orm::update(env, model, id, &vals)?;
    settle(env, id, &vals, false)?;
    check_name(env, id)?;
    apply_children(env, id, &vals)
}

fn with_company_type(mut vals: Vals) -> Vals {
    if let Some(Val::Cell(Cell::Text(kind))) = vals.remove("company_type") {
        vals.insert("is_company".to_owned(), Val::Cell(Cell::bool(kind == "company")));
    }
    vals
}

fn check_name(env: &Env<'_>, id: i64) -> Answer<()> {
    let row = env.record(MODEL, id)?;
    if get(row, "type").as_text() == Some("contact") && !get(row, "name").truthy() {
        return Err(Fail::database("Contacts require a name", None));
    }
    Ok(())
}

fn settle(env: &mut Env<'_>, id: i64, vals: &Vals, born: bool) -> Answer<()> {
    if born || vals.contains_key("email") {
        let email = env.cell(MODEL, id, "email");
        let normal = email.as_text().and_then(normalize).unwrap_or_default();
        env.store.set(MODEL, id, [("email_normalized", Cell::text(&normal))]);
    }
    if vals.contains_key("vat") || vals.contains_key("country_id") {
        check_vat(env, id)?;
    }
    let parent = env.store.reference(MODEL, id, "parent_id");
    let company = env.cell(MODEL, id, "is_company").truthy();
    let commercial = match parent {
        Some(parent) if !company => {
            env.store.reference(MODEL, parent, "commercial_partner_id").unwrap_or(parent)
        }
        _ => id,
    };
    env.store.set(MODEL, id, [("commercial_partner_id", Cell::Ref(commercial))]);
    if commercial != id {
        let vat = env.cell(MODEL, commercial, "vat");
        env.store.set(MODEL, id, [("vat", vat)]);
    }
    if let Some(parent) = parent
        && env.cell(MODEL, id, "type").as_text() == Some("contact")
        && (born || vals.contains_key("parent_id") || vals.contains_key("type"))
        && has_address(env, parent)
    {
        copy_address(env, parent, id);
    }
    push_down(env, id, vals);
    Ok(())
}

fn has_address(env: &Env<'_>, id: i64) -> bool {
    ADDRESS.iter().any(|field| env.cell(MODEL, id, field).truthy())
}

fn copy_address(env: &mut Env<'_>, from: i64, to: i64) {
    for field in ADDRESS {
        let cell = env.cell(MODEL, from, field);
        env.store.set(MODEL, to, [(*field, cell)]);
    }
}

/// Contact children keep the parent's address, and everybody below the company its VAT number.
fn push_down(env: &mut Env<'_>, id: i64, vals: &Vals) {
    let address = ADDRESS.iter().any(|field| vals.contains_key(*field));
    let vat = vals.contains_key("vat");
    for child in env.cell(MODEL, id, "child_ids").ids().to_vec() {
        if address && env.cell(MODEL, child, "type").as_text() == Some("contact") {
            copy_address(env, id, child);
        }
        if vat && !env.cell(MODEL, child, "is_company").truthy() {
            let number = env.cell(MODEL, id, "vat");
            env.store.set(MODEL, child, [("vat", number)]);
            push_down(env, child, vals);
        }
    }
}

fn check_vat(env: &mut Env<'_>, id: i64) -> Answer<()> {
    let row = env.record(MODEL, id)?;
    let Some(number) = get(row, "vat").as_text() else { return Ok(()) };
    let Some(country) = get(row, "country_id").id() else { return Ok(()) };
    let name = get(row, "name").as_text().unwrap_or("False");
    let code = env.cell("res.country", country, "code");
    let prefixed = |code: &str| {
        let group = env.store.external("base.europe_prefix").map(|x| x.record).unwrap_or_default();
        let countries = env.cell("res.country.group", group, "country_ids");
        let same = |c: &i64| env.cell("res.country", *c, "code").as_text() == Some(code);
        countries.ids().iter().any(same)
    };
    let stored = vat::check(code.as_text().unwrap_or_default(), number, name, prefixed)?;
    env.store.set(MODEL, id, [("vat", Cell::text(&stored))]);
    Ok(())
}

/// The lower-case address, if there is exactly one.
fn normalize(email: &str) -> Option<String> {
    let address = match (email.rfind('<'), email.rfind('>')) {
        (Some(start), Some(end)) if start < end => &email[start + 1..end],
        _ => email,
    };
    let address = address.trim();
    let (local, domain) = address.split_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.contains([' ', ',', ';', '@']);
    (plain(local) && plain(domain)).then(|| address.to_lowercase())
}

fn apply_children(env: &mut Env<'_>, id: i64, vals: &Vals) -> Answer<()> {
    for command in commands(vals, "child_ids") {
        match command {
            Command::Create(child, name) => {
                let mut child = child.clone();
                child.insert("parent_id".to_owned(), Val::Cell(Cell::Ref(id)));
                let child = create(env, child)?;
                name_child(env, MODEL, child, name.as_deref());
            }
            Command::Update(child, values) => write(env, *child, values)?,
            Command::Link(child) => {
                let mut values = Vals::new();
                values.insert("parent_id".to_owned(), Val::Cell(Cell::Ref(id)));
                write(env, *child, &values)?;
            }
            Command::Delete(child) => orm::delete(env, MODEL, *child),
            Command::Clear | Command::Set(_) => return Err(Fail::not_built("replacing child_ids")),
        }
    }
    Ok(())
}

/// The address of a kind below a customer, or the customer.
pub fn address(env: &Env<'_>, customer: i64, kind: &str) -> i64 {
    let children = env.cell(MODEL, customer, "child_ids").ids().to_vec();
    let mut fitting = children.into_iter().filter(|child| {
        env.cell(MODEL, *child, "type").as_text() == Some(kind)
            && env.cell(MODEL, *child, "active").truthy()
    });
    fitting.next().unwrap_or(customer)
}

/// `Company, Name`.
pub fn display_name(env: &Env<'_>, row: &Record) -> String {
    let text = |field: &str| get(row, field).as_text().unwrap_or_default().to_owned();
    let mut name = text("name");
    let Some(parent) = get(row, "parent_id").id().filter(|_| !get(row, "is_company").truthy())
    else {
        return name;
    };
    if name.is_empty() {
        name = match get(row, "type").as_text() {
            Some("invoice") => "Invoice".to_owned(),
            Some("delivery") => "Delivery".to_owned(),
            Some("other") => "Other".to_owned(),
            _ => String::new(),
        };
    }
    let company = env.cell(MODEL, parent, "name");
    format!("{}, {name}", company.as_text().unwrap_or_default())
}

/// A contact of an order stays.
pub fn check_unlink(env: &Env<'_>, id: i64) -> Answer<()> {
    let used = env.store.rows("sale.order").any(|(_, row)| {
        ["partner_id", "partner_invoice_id", "partner_shipping_id"]
            .iter()
            .any(|field| get(row, field).id() == Some(id))
    });
    if used {
        return Err(Fail::database(
            "Another model is using the record you are trying to delete.\n\nThe troublemaker is: 'Sales Order' \
             (sale.order)\nThanks to the following constraint: 'Customer' (partner_id)\nHow about archiving the \
             record instead?",
            None,
        ));
    }
    Ok(())
}
