//! A webservice made of rows: answers list requests with the XML that PrestaShop writes.

#![allow(dead_code, reason = "each test binary uses its part")]

use super::recorded::{self, answer, dec, document};
use causeway_domain::ports::Call;
use causeway_domain::{AfterSales, Fault, Order, OrderId, Secret, StoreId, Timestamp};
use causeway_platforms::{Adapter, Answer, Connection, Fetch, FetchAfterSales, FetchContext};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The webservice key of the shop.
pub const KEY: &str = "KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE";

pub fn prestashop() -> &'static dyn Adapter {
    causeway_platforms::adapter("prestashop").unwrap()
}

/// A recorded exchange by the number it starts with.
pub fn recording(number: &str) -> Value {
    recorded::recording("prestashop/real-8.2.0", number)
}

pub fn connection(base: &str, options: Value) -> Connection {
    Connection {
        store: StoreId::from("shop"),
        base_url: base.parse().unwrap(),
        webhook_url: None,
        options: options.as_object().cloned().unwrap_or_else(Map::new),
    }
}

pub fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap()
}

pub fn key() -> Secret {
    Secret::new(KEY)
}

/// Resources and the name of one row.
const SINGULAR: &[(&str, &str)] = &[
    ("orders", "order"),
    ("order_details", "order_detail"),
    ("order_cart_rules", "order_cart_rule"),
    ("order_payments", "order_payment"),
    // The resource is called by its singular, its list is not.
    ("order_slips", "order_slip"),
    ("order_states", "order_state"),
    ("addresses", "address"),
    ("customers", "customer"),
    ("currencies", "currency"),
    ("carriers", "carrier"),
    ("taxes", "tax"),
    ("countries", "country"),
    ("states", "state"),
];

#[derive(Clone, Default)]
pub struct Shop {
    pub rows: BTreeMap<String, Vec<Value>>,
}

impl Shop {
    /// The recorded shop. Of several recordings of a row, the last one counts.
    pub fn recorded() -> Self {
        static READ: OnceLock<Shop> = OnceLock::new();
        READ.get_or_init(Self::read).clone()
    }

    fn read() -> Self {
        let mut shop = Self::default();
        let hand_written = document("prestashop/rows.synthetic.json");
        let recordings = [
            "018", "186", "202", "256", "261", "263", "268", "271", "228", "241", "021", "203",
            "242", "249", "289", "083", "095", "074", "180", "233", "223", "247",
        ];
        let answered = recordings.iter().filter_map(|number| {
            serde_json::from_str(recording(number)["response_body"].as_str().unwrap()).ok()
        });
        for document in std::iter::once(hand_written).chain(answered) {
            shop.add(&document);
        }
        shop.complete_details();
        shop
    }

    /// `{"orders": [{..}]}` or the single form `{"order": {..}}`.
    pub fn add(&mut self, document: &Value) {
        for (resource, content) in document.as_object().unwrap() {
            let (plural, _) = SINGULAR
                .iter()
                .find(|(plural, singular)| resource == plural || resource == singular)
                .unwrap();
            let rows = match content {
                Value::Array(rows) => rows.clone(),
                row => vec![row.clone()],
            };
            for row in rows {
                self.put(plural, row);
            }
        }
    }

    pub fn put(&mut self, resource: &str, row: Value) {
        let rows = self.rows.entry(resource.to_owned()).or_default();
        rows.retain(|old| text(&old["id"]) != text(&row["id"]));
        rows.push(row);
    }

    pub fn row(&mut self, resource: &str, id: &str) -> &mut Value {
        let rows = self.rows.get_mut(resource).unwrap();
        rows.iter_mut().find(|row| text(&row["id"]) == id).unwrap()
    }

    /// Orders whose details were not recorded: from their `order_rows`, rounded as the shop does.
    fn complete_details(&mut self) {
        for order in self.rows["orders"].clone() {
            for row in order["associations"]["order_rows"].as_array().unwrap() {
                if self.rows["order_details"].iter().any(|d| text(&d["id"]) == text(&row["id"])) {
                    continue;
                }
                let mut detail = row.clone();
                let quantity = dec(&text(&row["product_quantity"]));
                for basis in ["tax_incl", "tax_excl"] {
                    let unit = dec(&text(&row[format!("unit_price_{basis}")]));
                    let total = (unit * quantity).round_dp(2);
                    detail[format!("total_price_{basis}")] = json!(format!("{total:.6}"));
                }
                let taxed = row["unit_price_tax_incl"] != row["unit_price_tax_excl"];
                detail["id_order"] = order["id"].clone();
                let taxes = if taxed { json!([{"id": "1"}]) } else { json!([]) };
                detail["associations"] = json!({ "taxes": taxes });
                self.put("order_details", detail);
            }
        }
    }

    /// Runs a fetch to its end; every request must be understood. At most three rounds.
    pub fn fetch(&self, options: Value, id: &str) -> Result<Fetch, Fault> {
        self.fetch_from(&connection("https://shop.example.com", options), id, Vec::new())
    }

    /// The same for a store that is configured elsewhere, with the first answers given.
    pub fn fetch_from(
        &self,
        connection: &Connection,
        id: &str,
        mut answers: Vec<Answer>,
    ) -> Result<Fetch, Fault> {
        let credentials = key();
        let cx = FetchContext { connection, credentials: &credentials, now: now(), nonce: 7 };
        for _ in 0..4 {
            match prestashop().fetch_order(&cx, &OrderId::new(id), &answers)? {
                Fetch::Ask(calls) => answers.extend(calls.iter().map(|call| self.answer(call))),
                end => return Ok(end),
            }
        }
        panic!("more than three rounds")
    }

    /// What came after an order, in one round.
    pub fn after_sales(&self, options: Value, order: &Order) -> Result<AfterSales, Fault> {
        let credentials = key();
        let connection = connection("https://shop.example.com", options);
        let cx = FetchContext {
            connection: &connection,
            credentials: &credentials,
            now: now(),
            nonce: 7,
        };
        let FetchAfterSales::Ask(calls) = prestashop().fetch_after_sales(&cx, order, &[])? else {
            panic!("nothing was asked")
        };
        let answers: Vec<Answer> = calls.iter().map(|call| self.answer(call)).collect();
        match prestashop().fetch_after_sales(&cx, order, &answers)? {
            FetchAfterSales::Found(found) => Ok(*found),
            FetchAfterSales::Ask(calls) => panic!("a second round: {calls:?}"),
        }
    }

    /// The answer to one list request.
    pub fn answer(&self, call: &Call) -> Answer {
        let uri = call.request.uri();
        assert_eq!(call.request.method(), "GET");
        assert_eq!(
            call.request.headers()["authorization"],
            "Basic S0VZS0VZS0VZS0VZS0VZS0VZS0VZS0VZS0VZS0VZS0U6"
        );
        let resource = uri.path().strip_prefix("/api/").unwrap();
        let (plural, singular) =
            SINGULAR.iter().find(|(plural, one)| *plural == resource || *one == resource).unwrap();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(uri.query().unwrap().as_bytes()).into_owned().collect();
        let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let fields = value("display").unwrap();
        let (field, wanted) = query
            .iter()
            .find_map(|(n, v)| Some((n.strip_prefix("filter[")?.strip_suffix(']')?, v)))
            .unwrap();
        let wanted: Vec<&str> =
            wanted.strip_prefix('[').unwrap().strip_suffix(']').unwrap().split('|').collect();
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop \
             xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n<{plural}>\n"
        );
        for row in self.rows.get(*plural).into_iter().flatten() {
            if wanted.contains(&text(&row[field]).as_str()) {
                element(&mut xml, singular, &shown(row, fields));
            }
        }
        write!(xml, "</{plural}>\n</prestashop>\n").unwrap();
        answer(200, xml.as_bytes())
    }
}

/// `display=full` or `display=[a,b]`; an unknown field would be a 400 with code 35.
fn shown(row: &Value, fields: &str) -> Value {
    let Some(list) = fields.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        assert_eq!(fields, "full");
        return row.clone();
    };
    let all = row.as_object().unwrap();
    list.split(',')
        .map(|name| (name.to_owned(), all.get(name).cloned().unwrap_or_default()))
        .collect::<Map<_, _>>()
        .into()
}

fn element(xml: &mut String, name: &str, value: &Value) {
    write!(xml, "<{name}>").unwrap();
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| element(xml, name, value));
        }
        Value::Array(items) => {
            for item in items {
                match item.get("value") {
                    Some(text_in) => write!(
                        xml,
                        "<language id=\"{}\"><![CDATA[{}]]></language>",
                        text(&item["id"]),
                        text(text_in)
                    )
                    .unwrap(),
                    None => element(xml, if name == "taxes" { "tax" } else { "row" }, item),
                }
            }
        }
        scalar => write!(xml, "<![CDATA[{}]]>", text(scalar)).unwrap(),
    }
    writeln!(xml, "</{name}>").unwrap();
}

pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
