//! List requests to the webservice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_domain::Fault;
use causeway_domain::ports::{Call, Effect};
use std::time::Duration;

use super::settings::{self, Options};
use crate::adapter::FetchContext;
use crate::options;

/// `GET /api/{path}?{query}`. `name` is for logs: `prestashop orders`.
pub(super) fn list(
    cx: &FetchContext<'_>,
    options: &Options,
    (path, name): (&str, &'static str),
    query: &[(&str, &str)],
) -> Result<Call, Fault> {
    let mut url = options::endpoint(&cx.connection.base_url, &format!("/api/{path}"))?;
    url.query_pairs_mut().extend_pairs(query);
    if let Some(shop) = options.id_shop() {
        url.query_pairs_mut().append_pair("id_shop", &shop.to_string());
    }
    let basic = STANDARD.encode(format!("{}:", settings::key(cx.credentials)?));
    let request = http::Request::get(url.as_str())
        .header(http::header::AUTHORIZATION, format!("Basic {basic}"))
        .body(Bytes::new())
        .map_err(|error| Fault::reject(format!("base_url: {error}"), "correct base_url"))?;
    Ok(Call { name, request, effect: Effect::Read, timeout: Duration::from_secs(30) })
}

/// The numeric id of an order.
pub(super) fn order_id(order: &causeway_domain::OrderId) -> Result<String, Fault> {
    super::webhook::digits(order.as_str()).ok_or_else(|| {
        Fault::reject(
            format!("{:?} is not an id of a PrestaShop order", order.as_str()),
            "use the numeric id of the order, not its reference",
        )
    })
}
