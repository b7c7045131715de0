//! Which report a settlement is in, and its download.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_domain::{Fault, SettlementId, WaitKey};
use causeway_platforms::answer::{body, unreadable};
use causeway_platforms::{Answer, options};
use http::HeaderValue;
use serde::Deserialize;

use super::{Level, Settings, rows};
use crate::processor::{AccountContext, FetchSettlement, FileContext};
use crate::request::{escape, get};

const WHAT: &str = "adyen settlement report";
const NAME: &str = "settlement_detail_report";

/// The id of the settlements in a report: `report:<merchant account>:<file name>`; `None` for another
/// report. The file name is the item's PSP reference (Adyen's OpenAPI of webhooks).
pub(super) fn id_of(account: &str, file: &str) -> Option<String> {
    let is_settlement = file.starts_with(NAME) && file.to_ascii_lowercase().ends_with(".csv");
    (is_settlement && part(account) && part(file)).then(|| format!("report:{account}:{file}"))
}

/// Fits into one segment of a path.
fn part(text: &str) -> bool {
    (1..=120).contains(&text.len())
        && !text.contains("..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// Merchant account, file name and, if one batch alone is asked for, its settlement.
fn wanted(id: &SettlementId) -> Option<(String, String, Option<SettlementId>)> {
    let parts: Vec<&str> = id.as_str().split(':').collect();
    match parts.as_slice() {
        ["report", account, file] => {
            id_of(account, file)?;
            Some(((*account).to_owned(), (*file).to_owned(), None))
        }
        [account, batch] if part(account) && batch.bytes().all(|b| b.is_ascii_digit()) => {
            let file = format!("{NAME}_batch_{batch}.csv");
            Some(((*account).to_owned(), file, Some(id.clone())))
        }
        _ => None,
    }
}

pub(super) fn next(
    cx: &AccountContext<'_>,
    id: &SettlementId,
    answers: &[Answer],
) -> Result<FetchSettlement, Fault> {
    let Some((account, file, only)) = wanted(id) else {
        return Err(Fault::reject(
            format!("{id} is neither a batch (<merchant account>:<number>) nor a report of Adyen"),
            "use the merchant account and the number of the batch",
        ));
    };
    let Some(answer) = answers.first() else {
        let level = match options::read::<Settings>(&cx.connection.options)?.reports {
            Level::Merchant => "MerchantAccount",
            Level::Company => "Company",
        };
        let path = format!("/reports/download/{level}/{}/{}", escape(&account), escape(&file));
        let call = match credentials(cx)? {
            Credentials::Basic(value) => get(cx, WHAT, &path, Some(value), &[])?,
            Credentials::Key(key) => get(cx, WHAT, &path, None, &[("x-api-key", &key)])?,
        };
        return Ok(FetchSettlement::Ask(vec![call]));
    };
    let Some(bytes) = body(&cx.connection.account, WHAT, answer)? else {
        return Ok(FetchSettlement::Gone);
    };
    let file = FileContext { account: &cx.connection.account, currency: None };
    let found = rows::read(&file, bytes)?;
    match only {
        None => Ok(FetchSettlement::Found(found)),
        Some(id) => {
            let one = found.into_iter().find(|settlement| settlement.id == id);
            let one = one.ok_or_else(|| unreadable(WHAT, format!("{id} is not in it")))?;
            Ok(FetchSettlement::Found(vec![one]))
        }
    }
}

enum Credentials {
    Basic(HeaderValue),
    Key(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored {
    username: String,
    password: String,
    api_key: String,
}

fn credentials(cx: &AccountContext<'_>) -> Result<Credentials, Fault> {
    let text = cx.credentials.reveal().trim();
    let stored = if text.starts_with('{') {
        serde_json::from_str(text).unwrap_or_default()
    } else {
        Stored { api_key: text.to_owned(), ..Stored::default() }
    };
    let graphic = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if graphic(&stored.api_key) {
        return Ok(Credentials::Key(stored.api_key));
    }
    let basic = STANDARD.encode(format!("{}:{}", stored.username, stored.password));
    let usable = !stored.username.is_empty() && !stored.password.is_empty();
    let value = HeaderValue::from_str(&format!("Basic {basic}")).ok().filter(|_| usable);
    let account = &cx.connection.account;
    let mut value = value.ok_or_else(|| Fault::Wait {
        key: WaitKey::other(format!("credentials:{account}")),
        cause:
            "the account's credentials secret holds neither an API key nor username and password \
                of the report user"
                .to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(Credentials::Basic(value))
}
