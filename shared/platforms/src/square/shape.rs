//! The documents of the Square API, as far as an order needs them. Every field is optional there
//! (OpenAPI 2025-08-20, checked against 2026-09-16).

use causeway_domain::{Currency, Money};
use serde::Deserialize;

use crate::answer::unreadable;
use causeway_domain::Fault;

pub(super) const WHAT: &str = "square order";

#[derive(Deserialize)]
pub(super) struct OrderAnswer {
    #[serde(default)]
    pub(super) order: Option<OrderDocument>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OrderDocument {
    pub(super) id: Option<String>,
    pub(super) reference_id: Option<String>,
    pub(super) customer_id: Option<String>,
    pub(super) line_items: Option<Vec<LineItem>>,
    pub(super) taxes: Option<Vec<Tax>>,
    pub(super) service_charges: Option<Vec<ServiceCharge>>,
    pub(super) fulfillments: Option<Vec<Fulfillment>>,
    pub(super) returns: Option<Vec<OrderReturn>>,
    pub(super) rounding_adjustment: Option<RoundingAdjustment>,
    pub(super) tenders: Option<Vec<Tender>>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) state: Option<String>,
    pub(super) total_money: Option<SquareMoney>,
    pub(super) total_tip_money: Option<SquareMoney>,
    pub(super) net_amount_due_money: Option<SquareMoney>,
}

#[derive(Clone, Deserialize)]
pub(super) struct SquareMoney {
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
}

impl SquareMoney {
    /// The currency of the amount.
    pub(super) fn currency(&self) -> Result<Currency, Fault> {
        let code = self.currency.as_deref().unwrap_or_default();
        Currency::from_code(code).map_err(|error| unreadable(WHAT, error))
    }
    /// Minor units; an absent amount is nothing.
    pub(super) fn money(&self) -> Result<Money, Fault> {
        Ok(Money::from_minor(self.amount.unwrap_or_default(), self.currency()?))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LineItem {
    pub(super) uid: Option<String>,
    pub(super) name: Option<String>,
    pub(super) variation_name: Option<String>,
    pub(super) quantity: String,
    pub(super) catalog_object_id: Option<String>,
    pub(super) item_type: Option<String>,
    pub(super) modifiers: Option<Vec<Modifier>>,
    pub(super) applied_taxes: Option<Vec<AppliedTax>>,
    pub(super) base_price_money: Option<SquareMoney>,
    pub(super) total_tax_money: Option<SquareMoney>,
    pub(super) total_discount_money: Option<SquareMoney>,
    pub(super) total_money: Option<SquareMoney>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Modifier {
    pub(super) quantity: Option<String>,
    pub(super) base_price_money: Option<SquareMoney>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tax {
    pub(super) uid: Option<String>,
    pub(super) catalog_object_id: Option<String>,
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) percentage: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AppliedTax {
    pub(super) tax_uid: String,
    pub(super) applied_money: Option<SquareMoney>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ServiceCharge {
    pub(super) uid: Option<String>,
    pub(super) name: Option<String>,
    pub(super) total_money: Option<SquareMoney>,
    pub(super) total_tax_money: Option<SquareMoney>,
    pub(super) applied_taxes: Option<Vec<AppliedTax>>,
    pub(super) treatment_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RoundingAdjustment {
    pub(super) name: Option<String>,
    pub(super) amount_money: Option<SquareMoney>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tender {
    pub(super) id: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) amount_money: Option<SquareMoney>,
    pub(super) customer_id: Option<String>,
    pub(super) payment_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fulfillment {
    pub(super) state: Option<String>,
    pub(super) pickup_details: Option<FulfillmentDetails>,
    pub(super) shipment_details: Option<FulfillmentDetails>,
    pub(super) delivery_details: Option<FulfillmentDetails>,
    pub(super) in_store_details: Option<FulfillmentDetails>,
}

/// The details of any kind of fulfilment; each kind has its own name for the note.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FulfillmentDetails {
    pub(super) recipient: Option<Recipient>,
    #[serde(alias = "shipping_note")]
    pub(super) note: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Recipient {
    pub(super) display_name: Option<String>,
    pub(super) email_address: Option<String>,
    pub(super) phone_number: Option<String>,
    pub(super) address: Option<SquareAddress>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SquareAddress {
    pub(super) address_line_1: Option<String>,
    pub(super) address_line_2: Option<String>,
    pub(super) address_line_3: Option<String>,
    pub(super) locality: Option<String>,
    pub(super) administrative_district_level_1: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) country: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PaymentAnswer {
    #[serde(default)]
    pub(super) payment: Option<PaymentDocument>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PaymentDocument {
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
    pub(super) source_type: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) total_money: Option<SquareMoney>,
    pub(super) processing_fee: Option<Vec<ProcessingFee>>,
    pub(super) refund_ids: Option<Vec<String>>,
    pub(super) card_details: Option<CardDetails>,
    pub(super) receipt_number: Option<String>,
    pub(super) buyer_email_address: Option<String>,
    pub(super) billing_address: Option<SquareAddress>,
}

#[derive(Deserialize)]
pub(super) struct CustomerAnswer {
    #[serde(default)]
    pub(super) customer: Option<CustomerDocument>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CustomerDocument {
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) company_name: Option<String>,
    pub(super) email_address: Option<String>,
    pub(super) phone_number: Option<String>,
    pub(super) address: Option<SquareAddress>,
    pub(super) tax_ids: Option<TaxIds>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TaxIds {
    pub(super) eu_vat: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CatalogAnswer {
    #[serde(default)]
    pub(super) objects: Option<Vec<CatalogObject>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CatalogObject {
    pub(super) id: String,
    pub(super) item_variation_data: Option<Variation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Variation {
    pub(super) sku: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ProcessingFee {
    pub(super) amount_money: Option<SquareMoney>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CardDetails {
    pub(super) card_payment_timeline: Option<Timeline>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Timeline {
    pub(super) captured_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RefundAnswer {
    #[serde(default)]
    pub(super) refund: Option<RefundDocument>,
}

/// A refund of a payment.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RefundDocument {
    pub(super) id: String,
    pub(super) status: Option<String>,
    pub(super) amount_money: Option<SquareMoney>,
    pub(super) payment_id: Option<String>,
    /// The return order, not the order that was sold.
    pub(super) order_id: Option<String>,
    pub(super) created_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OrdersAnswer {
    #[serde(default)]
    pub(super) orders: Option<Vec<OrderDocument>>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// What a return order takes back of one sold order.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OrderReturn {
    pub(super) source_order_id: Option<String>,
    pub(super) return_line_items: Option<Vec<ReturnLineItem>>,
    pub(super) return_service_charges: Option<Vec<ReturnServiceCharge>>,
    /// Named and typed as the order's own taxes.
    pub(super) return_taxes: Option<Vec<Tax>>,
    pub(super) return_tips: Option<Vec<ReturnTip>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReturnLineItem {
    pub(super) source_line_item_uid: Option<String>,
    pub(super) quantity: String,
    pub(super) applied_taxes: Option<Vec<AppliedTax>>,
    pub(super) total_tax_money: Option<SquareMoney>,
    pub(super) total_money: Option<SquareMoney>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReturnServiceCharge {
    pub(super) source_service_charge_uid: Option<String>,
    pub(super) applied_taxes: Option<Vec<AppliedTax>>,
    pub(super) total_tax_money: Option<SquareMoney>,
    pub(super) total_money: Option<SquareMoney>,
    pub(super) treatment_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReturnTip {
    pub(super) applied_money: Option<SquareMoney>,
}

#[derive(Deserialize)]
pub(super) struct LocationsAnswer {
    #[serde(default)]
    pub(super) locations: Option<Vec<Location>>,
}

#[derive(Deserialize)]
pub(super) struct Location {
    pub(super) id: String,
}
