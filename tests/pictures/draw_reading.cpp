// draw-reading FACE.png FOLDER NAME: the stages of reading one face, as FOLDER/NAME-STAGE.png.
#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/limits.h"
#include "programs/read/reading_picture.h"
#include "tests/pictures/sheet.h"
#include "tests/pictures/stages.h"
#include "vision/image_file.h"
#include "vision/locate/tiles.h"
#include "vision/reader.h"

namespace {

using namespace backstamp;
using postal::Symbology;

/// Writes the pictures of one face.
class Album {
 public:
  Album(std::filesystem::path folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}

  void add(const char* stage, vision::ImageView picture) {
    const auto written = pictures::write_sheet(picture, folder_ / (name_ + "-" + stage + ".png"));
    if (!written) std::fprintf(stderr, "draw-reading: %s\n", written.error().message.c_str());
    sound_ = sound_ && written;
  }
  void add(const char* stage, const std::optional<programs::Canvas>& canvas) {
    if (canvas) add(stage, canvas->view());
  }
  bool sound() const { return sound_; }

 private:
  std::filesystem::path folder_;
  std::string name_;
  bool sound_ = true;
};

std::optional<programs::Canvas> draw_symbol(vision::ImageView face, vision::ImageView half,
                                            const vision::Reading& reading) {
  if (reading.symbology == Symbology::pdf417) return pictures::draw_stacked(face, half, reading);
  if (reading.symbology == Symbology::code128) return pictures::draw_linear(face, half, reading);
  if (is_matrix(reading.symbology)) return pictures::draw_matrix(face, half, reading);
  return pictures::draw_bars(face, half, reading);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 4) {
    std::fputs("usage: draw-reading FACE.png FOLDER NAME\n", stderr);
    return 2;
  }
  const auto file = read_file(arguments[1], limits::kImageFileBytes);
  const auto face = file ? vision::unpack_picture(*file) : std::unexpected(file.error());
  if (!face) {
    std::fprintf(stderr, "draw-reading: %s\n", face.error().message.c_str());
    return 1;
  }
  const vision::Frame half = vision::halved(face->view());
  const vision::FaceReading reading = vision::read_face(face->view(), {});
  Album album(arguments[2], arguments[3]);
  album.add("seen", half.view());
  album.add("texture", pictures::draw_texture(half.view()));
  album.add("places", pictures::draw_places(face->view(), half.view()));
  const vision::Frame read =
      pictures::reduced(programs::picture_of(face->view(), reading).view(), 2);
  album.add("read", read.view());
  for (const vision::Reading& one : reading.readings)
    album.add(std::string(to_string(one.symbology)).c_str(),
              draw_symbol(face->view(), half.view(), one));
  return album.sound() ? 0 : 1;
}
