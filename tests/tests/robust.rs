//! The agent when things go wrong: pods come and go, room runs out, it is killed, has too few rights, or is fed nonsense.

mod robust {
    mod account;
    mod churn;
    mod crash;
    mod flood;
    mod frames;
    mod full;
    mod input;
    mod lookout;
    mod missed;
    mod restart;
    mod rights;
    mod start;
}
