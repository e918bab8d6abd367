# versions.env as CMake variables, so that versions stand in one file.
file(STRINGS ${CMAKE_SOURCE_DIR}/versions.env floe_version_lines REGEX "^[A-Z_]+=")
foreach(line IN LISTS floe_version_lines)
  string(REGEX MATCH "^([A-Z_]+)=(.*)$" _ "${line}")
  set(FLOE_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/versions.env)
