// The face of a letter with its indicium, identification code and address.
#pragma once

#include <string>
#include <vector>

#include "meter/drawing.h"
#include "meter/piece.h"

namespace backstamp::meter {

/// A No. 10 envelope: the token as a Data Matrix top right with postage, date and meter in plain
/// text below it, a FIM D beside it, the address, and the Intelligent Mail barcode under it. A
/// piece that is known by meter, date and time has that code in plain text instead: the token
/// bears it.
FacePlan indicium_face(const PrintedPiece& piece, const std::vector<std::string>& address);

}  // namespace backstamp::meter
