//! Every mistake that people make is stopped, by the layer that should.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use choir::Attack;

#[tokio::test]
async fn every_attack_is_stopped_by_the_layer_that_should() {
    // Why at once: most of them wait for a form to be old enough.
    let attacks = Attack::ALL.map(|attack| tokio::spawn(attack.run()));
    for attack in attacks {
        let report = attack.await.unwrap().unwrap();
        assert!(report.is_stopped(), "{report}");
    }
}
