//! The whole product at work: real traffic in the lab, the agent, and a cluster whose objects say what should be.

mod demo {
    mod enforcement;
}
