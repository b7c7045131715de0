//! What a configuration must satisfy beyond its form. All problems are named at once.

use super::{AccountConfig, DisputePolicy, Environment, Matching, Posting, StoreConfig, TaxRule};
use causeway_domain::StoreId;
use causeway_odoo::Protocol;
use causeway_platforms::{Problem, adapter};

/// Every problem of an environment, none if all is well.
pub fn problems(environment: &Environment) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, odoo) in &environment.odoo {
        let at = |field: &str| format!("odoo.{name}.{field}");
        if odoo.protocol == Protocol::JsonRpc && odoo.login.is_none() {
            note(&mut found, at("login"), "the legacy protocol needs the integration user's login");
        }
        if odoo.protocol == Protocol::JsonRpc && odoo.database.is_none() {
            note(&mut found, at("database"), "the legacy protocol needs the database name");
        }
        if odoo.api_key.trim().is_empty() {
            note(&mut found, at("api_key"), "name the secret that holds the API key");
        }
        check_url(&mut found, &at("url"), &odoo.url);
    }
    for (id, store) in &environment.stores {
        check_store(&mut found, environment, id, store);
    }
    for (id, account) in &environment.accounts {
        check_account(&mut found, environment, id, account);
    }
    found
}

fn check_odoo(found: &mut Vec<Problem>, environment: &Environment, path: String, odoo: &str) {
    if !environment.odoo.contains_key(odoo) {
        let known: Vec<&str> = environment.odoo.keys().map(String::as_str).collect();
        note(found, path, format!("no [odoo.{odoo}]; known are: {}", known.join(", ")));
    }
}

fn check_account(
    found: &mut Vec<Problem>,
    environment: &Environment,
    id: &str,
    account: &AccountConfig,
) {
    let at = |field: &str| format!("accounts.{id}.{field}");
    if StoreId::parse(id).is_err() {
        note(found, format!("accounts.{id}"), "an account id is 1 to 40 of a-z, 0-9 and -");
    }
    if environment.stores.contains_key(id) {
        let text = format!("there is a [stores.{id}] too: stores and accounts share their ids");
        note(found, format!("accounts.{id}"), text);
    }
    check_odoo(found, environment, at("odoo"), &account.odoo);
    for (field, secret) in
        [("webhook_secret", &account.webhook_secret), ("api_credentials", &account.api_credentials)]
    {
        if secret.as_ref().is_some_and(|secret| secret.trim().is_empty()) {
            note(found, at(field), "name the secret; its value never stands in this file");
        }
    }
    if let Some(url) = &account.base_url {
        check_url(found, &at("base_url"), url);
    }
    match (account.books.disputes, account.books.bad_debt) {
        (DisputePolicy::BadDebt, None) => {
            let text = "disputes = \"bad_debt\" needs the account of bad debts";
            note(found, at("books.bad_debt"), text);
        }
        (DisputePolicy::BadDebt, Some(_)) | (DisputePolicy::CreditNote, _) => {}
    }
    check_matching(found, environment, id, account);
    let Some(processor) = account.processor() else {
        let known: Vec<&str> =
            causeway_processors::registry::PROCESSORS.iter().map(|one| one.id()).collect();
        let text =
            format!("unknown processor {:?}; known are: {}", account.processor, known.join(", "));
        note(found, at("processor"), text);
        return;
    };
    match account.connection(&StoreId::new(id)) {
        None => note(found, at("base_url"), "every account of this processor has its own: name it"),
        Some(connection) => {
            let problems = processor.check(&connection).into_iter();
            found.extend(problems.map(|one| Problem { path: at(&one.path), ..one }));
        }
    }
}

/// Sales that are entries have booked the fees of their payments: any other matching would book them
/// again, and find no document.
fn check_matching(
    found: &mut Vec<Problem>,
    environment: &Environment,
    id: &str,
    account: &AccountConfig,
) {
    let at = |field: &str| format!("accounts.{id}.{field}");
    let mut named = Vec::new();
    for store in &account.stores {
        match environment.stores.get(store.as_str()) {
            Some(known) if known.odoo == account.odoo && known.company == account.company => {
                named.push(known);
            }
            Some(_) => {
                let text = format!("{store} is of another Odoo or company than the account");
                note(found, at("stores"), text);
            }
            None => note(found, at("stores"), format!("there is no [stores.{store}]")),
        }
    }
    // Of an account that names no stores it can only be told by who sells, and the account of the money.
    let holds = |store: &StoreConfig| {
        let clearing = account.books.clearing;
        store.platform.as_str() == account.processor
            && store.odoo == account.odoo
            && store.company == account.company
            && store.journal.as_ref().is_some_and(|chart| {
                chart.clearing == Some(clearing)
                    || chart.default_tender == Some(clearing)
                    || chart.tenders.values().any(|tender| *tender == clearing)
            })
    };
    let of_journal = |store: &&&StoreConfig| match store.posting {
        Posting::Journal => true,
        Posting::Order => false,
    };
    let all: Vec<&StoreConfig> = match named.is_empty() {
        true => environment.stores.values().filter(|store| holds(store)).collect(),
        false => named,
    };
    let entries = all.iter().filter(of_journal).count();
    let path = at("books.matching");
    match account.books.matching {
        Matching::Journal if entries < all.len() => {
            let text = "\"journal\" is for stores with posting = \"journal\" alone; give the others an \
                        account of their own";
            note(found, path, text);
        }
        Matching::Journal => {}
        Matching::Invoices | Matching::Payments if entries > 0 => {
            let text = "its stores have posting = \"journal\": say matching = \"journal\", or every fee is \
                        booked twice";
            note(found, path, text);
        }
        Matching::Invoices | Matching::Payments => {}
    }
}

fn check_store(found: &mut Vec<Problem>, environment: &Environment, id: &str, store: &StoreConfig) {
    let at = |field: &str| format!("stores.{id}.{field}");
    if StoreId::parse(id).is_err() {
        note(found, format!("stores.{id}"), "a store id is 1 to 40 of a-z, 0-9 and -");
    }
    check_odoo(found, environment, at("odoo"), &store.odoo);
    check_url(found, &at("base_url"), &store.base_url);
    for (field, secret) in
        [("webhook_secret", &store.webhook_secret), ("api_credentials", &store.api_credentials)]
    {
        if secret.trim().is_empty() {
            note(found, at(field), "name the secret; its value never stands in this file");
        }
    }
    if store.currencies.is_empty() {
        note(found, at("currencies"), "name at least one currency with its pricelist");
    }
    check_taxes(found, &at("taxes"), &store.taxes);
    found.extend(
        super::journal::problems(store)
            .into_iter()
            .map(|problem| Problem { path: at(&problem.path), ..problem }),
    );
    match adapter(store.platform.as_str()) {
        None => {
            let known: Vec<&str> =
                causeway_platforms::registry::ADAPTERS.iter().map(|a| a.id()).collect();
            let text =
                format!("unknown platform {:?}; known are: {}", store.platform, known.join(", "));
            note(found, at("platform"), text);
        }
        Some(adapter) => {
            let connection = store.connection(&StoreId::new(id));
            found.extend(
                adapter
                    .check(&connection)
                    .into_iter()
                    .map(|problem| Problem { path: at(&problem.path), ..problem }),
            );
        }
    }
}

fn check_taxes(found: &mut Vec<Problem>, path: &str, rules: &[TaxRule]) {
    for (at, rule) in rules.iter().enumerate() {
        if rule.code.is_none() && rule.rate.is_none() {
            note(found, format!("{path}[{at}]"), "a rule needs `code` or `rate`, or both");
        }
        let twin = rules.iter().take(at).position(|other| {
            other.code == rule.code
                && other.rate == rule.rate
                && other.country == rule.country
                && other.business == rule.business
                && other.collector == rule.collector
        });
        if let Some(twin) = twin {
            note(
                found,
                format!("{path}[{at}]"),
                format!("has the same conditions as {path}[{twin}]"),
            );
        }
    }
}

fn check_url(found: &mut Vec<Problem>, path: &str, url: &url::Url) {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !loopback {
        note(found, path, "must be https (plain http only to this machine)");
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        note(found, path, "must be a bare base URL without query, fragment or user");
    }
}

fn note(found: &mut Vec<Problem>, path: impl Into<String>, text: impl Into<String>) {
    found.push(Problem { path: path.into(), text: text.into() });
}
