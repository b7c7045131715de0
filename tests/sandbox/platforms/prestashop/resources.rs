//! The resources and their fields, in the order in which 8.2 writes them.

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Plain,
    /// Text that refers to another resource; linked unless it is 0 or empty.
    Link(&'static str),
    /// Computed: `notFilterable="true"`.
    Computed,
    /// One text for each language.
    Languages,
}

/// A resource.
pub(super) struct Resource {
    /// Name in the URL.
    pub(super) path: &'static str,
    /// Element around a list (`order_slip` answers `order_slips`).
    pub(super) list: &'static str,
    /// Element of one.
    pub(super) node: &'static str,
    /// Fields beside `id`.
    pub(super) fields: &'static [(&'static str, Kind)],
    /// Associated lists: element, entry, `api` of the entries (or a virtual entity), their fields.
    pub(super) associations: Option<Association>,
}

/// One associated list.
#[derive(Clone, Copy)]
pub(super) struct Association {
    /// Element around the entries.
    pub(super) list: &'static str,
    /// Element of an entry.
    pub(super) node: &'static str,
    /// The resource that the entries are of; `None` for a virtual entity.
    pub(super) api: Option<&'static str>,
    /// Fields of an entry beside `id`.
    pub(super) fields: &'static [(&'static str, Kind)],
}

use super::fields::{ADDRESS_FIELDS, CUSTOMER_FIELDS, DETAIL_FIELDS, ORDER_FIELDS, ORDER_ROWS};
use Kind::{Computed, Languages, Link, Plain};

const fn plain(
    path: &'static str,
    node: &'static str,
    fields: &'static [(&'static str, Kind)],
) -> Resource {
    Resource { path, list: path, node, fields, associations: None }
}

/// Every resource that this fake has.
pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: "orders",
        list: "orders",
        node: "order",
        fields: ORDER_FIELDS,
        associations: Some(Association {
            list: "order_rows",
            node: "order_row",
            api: None,
            fields: ORDER_ROWS,
        }),
    },
    Resource {
        path: "order_details",
        list: "order_details",
        node: "order_detail",
        fields: DETAIL_FIELDS,
        associations: Some(Association {
            list: "taxes",
            node: "tax",
            api: Some("taxes"),
            fields: &[],
        }),
    },
    Resource {
        path: "order_slip",
        list: "order_slips",
        node: "order_slip",
        fields: &[
            ("id_customer", Link("customers")),
            ("id_order", Link("orders")),
            ("conversion_rate", Plain),
            ("total_products_tax_excl", Plain),
            ("total_products_tax_incl", Plain),
            ("total_shipping_tax_excl", Plain),
            ("total_shipping_tax_incl", Plain),
            ("amount", Plain),
            ("shipping_cost", Plain),
            ("shipping_cost_amount", Plain),
            ("partial", Plain),
            ("date_add", Plain),
            ("date_upd", Plain),
            ("order_slip_type", Plain),
        ],
        associations: Some(Association {
            list: "order_slip_details",
            node: "order_slip_detail",
            api: None,
            fields: &[
                ("id_order_detail", Plain),
                ("product_quantity", Plain),
                ("amount_tax_excl", Plain),
                ("amount_tax_incl", Plain),
            ],
        }),
    },
    plain("addresses", "address", ADDRESS_FIELDS),
    plain("customers", "customer", CUSTOMER_FIELDS),
    plain(
        "currencies",
        "currency",
        &[
            ("names", Languages),
            ("name", Computed),
            ("symbol", Languages),
            ("iso_code", Plain),
            ("numeric_iso_code", Plain),
            ("precision", Plain),
            ("conversion_rate", Plain),
            ("deleted", Plain),
            ("active", Plain),
            ("unofficial", Plain),
            ("modified", Plain),
            ("pattern", Languages),
        ],
    ),
    plain(
        "countries",
        "country",
        &[
            ("id_zone", Link("zones")),
            ("id_currency", Plain),
            ("call_prefix", Plain),
            ("iso_code", Plain),
            ("active", Plain),
            ("contains_states", Plain),
            ("need_identification_number", Plain),
            ("need_zip_code", Plain),
            ("zip_code_format", Plain),
            ("display_tax_label", Plain),
            ("name", Languages),
        ],
    ),
    plain(
        "states",
        "state",
        &[
            ("id_zone", Link("zones")),
            ("id_country", Link("countries")),
            ("iso_code", Plain),
            ("name", Plain),
            ("active", Plain),
        ],
    ),
    plain(
        "taxes",
        "tax",
        &[("rate", Plain), ("active", Plain), ("deleted", Plain), ("name", Languages)],
    ),
    plain(
        "carriers",
        "carrier",
        &[
            ("deleted", Plain),
            ("is_module", Plain),
            ("id_tax_rules_group", Computed),
            ("id_reference", Plain),
            ("name", Plain),
            ("active", Plain),
            ("is_free", Plain),
            ("url", Plain),
            ("shipping_handling", Plain),
            ("shipping_external", Plain),
            ("range_behavior", Plain),
            ("shipping_method", Plain),
            ("max_width", Plain),
            ("max_height", Plain),
            ("max_depth", Plain),
            ("max_weight", Plain),
            ("grade", Plain),
            ("external_module_name", Plain),
            ("need_range", Plain),
            ("position", Plain),
            ("delay", Languages),
        ],
    ),
    plain(
        "order_states",
        "order_state",
        &[
            ("unremovable", Plain),
            ("delivery", Plain),
            ("hidden", Plain),
            ("send_email", Plain),
            ("module_name", Plain),
            ("invoice", Plain),
            ("color", Plain),
            ("logable", Plain),
            ("shipped", Plain),
            ("paid", Plain),
            ("pdf_delivery", Plain),
            ("pdf_invoice", Plain),
            ("deleted", Plain),
            ("name", Languages),
            ("template", Languages),
        ],
    ),
    plain(
        "order_cart_rules",
        "order_cart_rule",
        &[
            ("id_order", Link("orders")),
            ("id_cart_rule", Link("cart_rules")),
            ("id_order_invoice", Plain),
            ("name", Plain),
            ("value", Plain),
            ("value_tax_excl", Plain),
            ("free_shipping", Plain),
            ("deleted", Plain),
        ],
    ),
    plain(
        "order_payments",
        "order_payment",
        &[
            ("order_reference", Plain),
            ("id_currency", Link("currencies")),
            ("amount", Plain),
            ("payment_method", Plain),
            ("conversion_rate", Plain),
            ("transaction_id", Plain),
            ("card_number", Plain),
            ("card_brand", Plain),
            ("card_expiration", Plain),
            ("card_holder", Plain),
            ("date_add", Plain),
            ("id_employee", Plain),
        ],
    ),
];
