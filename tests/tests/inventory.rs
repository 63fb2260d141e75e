//! The inventory on disk, through kills, full disks and damaged files, with a real agent and real traffic.

mod inventory {
    mod disk;
    mod scene;
    mod survival;
}
