//! Cancellations (R168, R175-R178).

use crate::sim::Scenario;
use sandbox::platforms::{Edit, Phase, Platform};

/// A cancel that comes before its order: the order is never made.
#[tokio::test]
async fn a_cancel_before_its_order_keeps_it_out() {
    for platform in Platform::ALL {
        let scenario = Scenario::new();
        let id = scenario.shop(platform).add(2, |draft| draft);
        scenario.shop(platform).edit_order(&id, Edit::Phase(Phase::Cancelled));
        scenario.drive(&[scenario.after(platform, &id)]).await;
        scenario.drive(&[scenario.nudge(platform, &id)]).await;
        assert_eq!(scenario.odoo_state()["orders"], serde_json::json!([]), "{platform:?}");
        assert!(scenario.attention().await.is_empty(), "{platform:?}");
    }
}
