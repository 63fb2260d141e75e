//! From inventory to enforced policies, with a real agent, real calls, and rules made by somebody else.

mod playbook {
    mod agreement;
    mod edges;
    mod generated;
    mod seen;
    mod sets;
    mod told;
    mod whole;
}
