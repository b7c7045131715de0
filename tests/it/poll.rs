//! What webhooks lose is found by looking (R63, C38).

use crate::sim::Scenario;
use causeway_flows::poll::poll;
use sandbox::platforms::{Phase, Platform};
use std::time::Duration;

/// R63: orders whose webhooks were lost are found by the next look, once; a later look finds nothing.
#[tokio::test]
async fn an_order_whose_webhook_was_lost_is_found_by_the_next_look() {
    for platform in Platform::ALL {
        let scenario = Scenario::new();
        poll(&scenario.world).await.unwrap();
        assert_eq!(scenario.take_queued(), vec![], "{platform:?}");
        let now = scenario.now();
        scenario.shop(platform).add(5, |mut draft| {
            draft.phase = Phase::Paid;
            draft.placed_at = now;
            draft
        });
        scenario.clock.advance(Duration::from_secs(900));
        poll(&scenario.world).await.unwrap();
        scenario.drive(&[]).await;
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?}");
        let found = scenario.odoo_state()["orders"].as_array().unwrap().len();
        assert_eq!(found, 1, "{platform:?}");
        // A platform's clock is coarse, so the last change may be seen once more, and changes nothing.
        scenario.clock.advance(Duration::from_secs(24 * 3600));
        poll(&scenario.world).await.unwrap();
        scenario.drive(&[]).await;
        assert_eq!(scenario.differences(), Vec::<String>::new(), "{platform:?}");
    }
}
