//! The double of the API server, against what the real one answers and what its clients make of it.

mod apiserver {
    mod alike;
    mod faults;
    mod forward;
    mod lists;
    mod load;
    mod raw;
    mod reflector;
    mod scene;
    mod shapes;
    mod store;
    mod watches;
    mod writes;
}
