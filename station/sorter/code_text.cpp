#include "station/sorter/code_text.h"

#include <algorithm>

namespace backstamp::station {

void CodeText::put(std::string_view text) {
  const std::size_t size = std::min(text.size(), text_.size() - size_);
  std::copy_n(text.begin(), size, text_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += size;
}

void CodeText::put(std::uint64_t number, std::size_t digits) {
  std::array<char, 20> text;
  digits = std::min(digits, text.size());
  for (std::size_t i = digits; i-- > 0; number /= 10) {
    text[i] = static_cast<char>('0' + number % 10);
  }
  put(std::string_view(text.data(), digits));
}

CodeText::CodeText(const postal::MailpieceCode& code) {
  struct Printer {
    CodeText& out;
    void put_all(std::initializer_list<std::string_view> parts) const {
      for (const std::string_view part : parts) out.put(part);
    }
    void operator()(const postal::Imb& imb) const {
      put_all({"imb:", imb.barcode_identifier, imb.service_type, imb.mailer_id, imb.serial_number,
               imb.routing});
    }
    void operator()(const postal::S10& s10) const {
      put_all({"s10:", s10.service, s10.serial});
      out.put(postal::S10::check_digit(s10.serial));
      out.put(s10.country);
    }
    void operator()(const postal::Impb& impb) const {
      out.put("impb:");
      const std::size_t body = out.size_;
      put_all({impb.channel, impb.service, impb.mailer, impb.serial});
      out.put(postal::gs1_check_digit(out.view().substr(body)));
    }
    void operator()(const postal::MeterSerial& serial) const {
      const auto day = std::chrono::floor<std::chrono::days>(serial.printed);
      const Date date{day};
      const std::chrono::hh_mm_ss time{serial.printed - day};
      out.put("meter:M");
      const std::size_t body = out.size_;
      out.put(serial.meter, 8);
      out.put(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
      out.put(static_cast<unsigned>(date.month()), 2);
      out.put(static_cast<unsigned>(date.day()), 2);
      out.put(static_cast<std::uint64_t>(time.hours().count()), 2);
      out.put(static_cast<std::uint64_t>(time.minutes().count()), 2);
      out.put(static_cast<std::uint64_t>(time.seconds().count()), 2);
      out.put(postal::gs1_check_digit(out.view().substr(body)));
    }
    void operator()(const postal::Mailmark& mark) const {
      out.put("mailmark:");
      out.put(mark.format);
      out.put(mark.version);
      out.put(mark.mail_class);
      put_all({mark.supply_chain, mark.item, mark.destination});
    }
  };
  std::visit(Printer{*this}, code);
}

}  // namespace backstamp::station
