//! The double of the API server, against what the real one answers and what its clients make of it.

mod apiserver {
    mod lists;
    mod raw;
    mod scene;
    mod shapes;
    mod store;
    mod watches;
    mod writes;
}
