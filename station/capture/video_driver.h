// V4L2 devices, RTSP addresses and video files by OpenCV: untried on hardware.
#pragma once

#include <filesystem>
#include <string>

#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// Opens `address` when called: "/dev/video0", "rtsp://..." or a file, which begins anew at its
/// end. OpenCV's video module comes with two hundred libraries: it lies in a module of its own that
/// is loaded then. `module` names it; empty: beside this program, or where it is installed.
OpenDriver video_opener(std::string address, AcquireSlot acquire,
                        std::filesystem::path module = {});

/// What the module offers, under the name "backstamp_open_video": a driver, or nothing and `error`.
using OpenVideo = Driver* (*)(const std::string& address, const AcquireSlot& acquire, Error& error);

}  // namespace backstamp::station::capture
