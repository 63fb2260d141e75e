//! The whole product at work: real traffic in the lab, the agent, and a cluster whose objects say what should be.

mod demo {
    mod causes;
    mod cluster_events;
    mod confined;
    mod enforcement;
    mod flows;
    mod generic_client;
    mod image;
    mod play;
    mod program;
    mod takedown;
}
