// SPDX-License-Identifier: Apache-2.0
#include "connect/faker/words.h"

#include <map>

namespace floe::connect::faker {
namespace {

using List = std::vector<std::string_view>;

const std::map<std::string_view, List>& People() {
  static const std::map<std::string_view, List> kLists = {
      {"name.firstname", {"Ada",   "Alan", "Amara",  "Anna",  "Aya",   "Ben",   "Carla", "Chen",  "Dana",  "Diego",
                          "Elena", "Emil", "Fatima", "Felix", "Grace", "Hana",  "Hugo",  "Ines",  "Ivan",  "Jamal",
                          "Jana",  "Kai",  "Lena",   "Leo",   "Lin",   "Maria", "Marco", "Mina",  "Nadia", "Noah",
                          "Olga",  "Omar", "Paul",   "Priya", "Rosa",  "Sam",   "Sofia", "Tariq", "Uma",   "Yuki"}},
      {"name.lastname",
       {"Abbott",   "Baker",   "Becker",  "Costa",  "Dubois", "Eriksson", "Fischer", "Garcia",   "Gupta",  "Hansen",
        "Hoffmann", "Ito",     "Ivanova", "Jansen", "Kaya",   "Khan",     "Kim",     "Kowalski", "Larsen", "Lopez",
        "Martin",   "Meyer",   "Moreau",  "Nguyen", "Novak",  "Okafor",   "Olsen",   "Patel",    "Reyes",  "Rossi",
        "Sato",     "Schmidt", "Silva",   "Singh",  "Smith",  "Tanaka",   "Torres",  "Wagner",   "Wang",   "Young"}},
      {"name.prefix", {"Mr.", "Mrs.", "Ms.", "Dr."}},
      {"name.suffix", {"Jr.", "Sr.", "II", "III", "PhD", "MD"}},
      {"name.fullname", {"{name.firstname} {name.lastname}"}},
      {"name.name", {"{name.firstname} {name.lastname}", "{name.prefix} {name.firstname} {name.lastname}"}},
      {"name.namewithmiddle", {"{name.firstname} {name.firstname} {name.lastname}"}},
      {"name.username", {"{lower.first}.{lower.last}", "{lower.first}##", "{lower.last}#"}},
      {"name.title", {"Senior {job.field} Engineer", "Lead {job.field} Analyst", "Junior {job.field} Manager"}},
      {"name.bloodgroup", {"A+", "A-", "B+", "B-", "AB+", "AB-", "0+", "0-"}},
      {"lower.first", {"ada",  "alan", "anna", "ben",   "carla", "dana", "elena", "felix", "grace", "hugo",
                       "ivan", "jana", "leo",  "maria", "noah",  "olga", "paul",  "rosa",  "sam",   "yuki"}},
      {"lower.last",
       {"baker", "costa", "fischer", "garcia", "hansen", "ito", "kim", "lopez", "meyer", "novak", "olsen", "patel",
        "rossi", "silva", "smith", "wang"}},
      {"job.title",
       {"Data Engineer", "Nurse", "Teacher", "Architect", "Baker", "Pilot", "Electrician", "Accountant", "Carpenter",
        "Chemist"}},
      {"job.field", {"Data", "Sales", "Design", "Support", "Security", "Marketing", "Research", "Finance"}},
      {"job.position", {"Supervisor", "Associate", "Director", "Assistant", "Specialist"}},
      {"phonenumber.phonenumber", {"###-###-####", "(###) ###-####", "+## ### #######"}},
      {"phonenumber.cellphone", {"###-###-####", "+## 1## #######"}},
      {"demographic.sex", {"Female", "Male"}},
      {"superhero.name",
       {"Captain Comet", "Iron Falcon", "Night Lynx", "Doctor Tempest", "Silver Otter", "Magma Girl",
        "The Quiet Storm"}},
      {"superhero.power", {"Flight", "Invisibility", "Time control", "Super strength", "Telepathy", "Weather control"}},
      {"harrypotter.character",
       {"Harry Potter", "Hermione Granger", "Ron Weasley", "Albus Dumbledore", "Severus Snape", "Luna Lovegood",
        "Rubeus Hagrid", "Draco Malfoy"}},
      {"harrypotter.spell",
       {"Accio", "Alohomora", "Expecto Patronum", "Expelliarmus", "Lumos", "Wingardium Leviosa", "Stupefy"}},
      {"harrypotter.location", {"Hogwarts", "Diagon Alley", "Hogsmeade", "The Burrow", "Azkaban", "Gringotts"}},
      {"harrypotter.house", {"Gryffindor", "Hufflepuff", "Ravenclaw", "Slytherin"}},
      {"starwars.character", {"Luke Skywalker", "Leia Organa", "Han Solo", "Yoda", "Chewbacca", "R2-D2"}},
      {"starwars.planet", {"Tatooine", "Hoth", "Naboo", "Endor", "Dagobah"}},
      {"gameofthrones.character",
       {"Arya Stark", "Jon Snow", "Tyrion Lannister", "Daenerys Targaryen", "Brienne of Tarth"}},
      {"gameofthrones.house", {"Stark", "Lannister", "Targaryen", "Baratheon", "Tyrell"}},
      {"rickandmorty.character", {"Rick Sanchez", "Morty Smith", "Summer Smith", "Birdperson"}},
  };
  return kLists;
}

const std::map<std::string_view, List>& Places() {
  static const std::map<std::string_view, List> kLists = {
      {"address.city", {"Amsterdam", "Athens", "Berlin",   "Bogota",    "Cairo",   "Cape Town", "Chicago",  "Delhi",
                        "Dublin",    "Hanoi",  "Helsinki", "Istanbul",  "Jakarta", "Kyoto",     "Lagos",    "Lima",
                        "Lisbon",    "London", "Madrid",   "Melbourne", "Milan",   "Montreal",  "Mumbai",   "Nairobi",
                        "New York",  "Oslo",   "Paris",    "Porto",     "Prague",  "Rome",      "Santiago", "Seattle",
                        "Seoul",     "Sydney", "Tallinn",  "Tokyo",     "Toronto", "Vienna",    "Warsaw",   "Zurich"}},
      {"address.cityname", {"{address.city}"}},
      {"address.country",
       {"Argentina", "Australia", "Austria", "Brazil",         "Canada",        "Chile",  "Denmark", "Egypt",
        "Finland",   "France",    "Germany", "Ghana",          "Greece",        "India",  "Italy",   "Japan",
        "Kenya",     "Mexico",    "Morocco", "Netherlands",    "Norway",        "Peru",   "Poland",  "Portugal",
        "Spain",     "Sweden",    "Turkey",  "United Kingdom", "United States", "Vietnam"}},
      {"address.countrycode", {"AR", "AU", "AT", "BR", "CA", "CL", "DE", "DK", "EG", "ES", "FI", "FR", "GB", "GR",
                               "IN", "IT", "JP", "KE", "MX", "NL", "NO", "PL", "PT", "SE", "TR", "US", "VN"}},
      {"address.state",
       {"Alabama", "Alaska", "Arizona", "California", "Colorado", "Florida", "Georgia", "Hawaii", "Illinois", "Iowa",
        "Maine", "Nevada", "New York", "Ohio", "Oregon", "Texas", "Utah", "Vermont", "Washington"}},
      {"address.stateabbr",
       {"AL", "AK", "AZ", "CA", "CO", "FL", "GA", "HI", "IL", "IA", "ME", "NV", "NY", "OH", "OR", "TX", "UT", "VT",
        "WA"}},
      {"address.streetname",
       {"{street.word} Street", "{street.word} Avenue", "{street.word} Lane", "{street.word} Road"}},
      {"street.word", {"Oak", "Maple", "River", "Park", "Hill", "Lake", "Mill", "Church", "Station", "Garden"}},
      {"address.streetaddress", {"## {address.streetname}", "### {address.streetname}", "#### {address.streetname}"}},
      {"address.buildingnumber", {"#", "##", "###"}},
      {"address.zipcode", {"#####"}},
      {"address.postcode", {"#####"}},
      {"address.fulladdress", {"### {address.streetname}, {address.city}, {address.stateabbr} #####"}},
      {"address.timezone",
       {"Europe/Berlin", "America/New_York", "Asia/Tokyo", "Africa/Nairobi", "Australia/Sydney", "America/Lima"}},
      {"address.latitude", {"{latitude}"}},
      {"address.longitude", {"{longitude}"}},
      {"country.name", {"{address.country}"}},
      {"country.countrycode2", {"{address.countrycode}"}},
      {"country.capital", {"Berlin", "Cairo", "Lima", "Madrid", "Nairobi", "Oslo", "Paris", "Rome", "Tokyo", "Vienna"}},
      {"nation.capitalcity", {"{country.capital}"}},
      {"weather.description", {"Sunny", "Cloudy", "Light rain", "Heavy rain", "Snow", "Fog", "Thunderstorm", "Windy"}},
      {"weather.temperaturecelsius", {"-#°C", "#°C", "1#°C", "2#°C", "3#°C"}},
      {"space.planet", {"Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"}},
      {"space.galaxy", {"Andromeda", "Milky Way", "Whirlpool", "Sombrero"}},
      {"aviation.airport", {"EDDB", "KJFK", "RJTT", "LFPG", "EGLL", "OMDB"}},
      {"university.name", {"University of {address.city}", "{address.city} College", "{address.city} Institute"}},
  };
  return kLists;
}

const std::map<std::string_view, List>& Things() {
  static const std::map<std::string_view, List> kLists = {
      {"commerce.productname", {"{product.adjective} {commerce.material} {product.noun}"}},
      {"product.adjective", {"Small", "Ergonomic", "Rustic", "Sleek", "Durable", "Light", "Heavy Duty", "Practical"}},
      {"product.noun", {"Chair", "Table", "Shoes", "Lamp", "Watch", "Bottle", "Keyboard", "Knife", "Bag", "Gloves"}},
      {"commerce.material", {"Steel", "Wooden", "Cotton", "Granite", "Leather", "Paper", "Silk", "Rubber"}},
      {"commerce.department",
       {"Books", "Movies", "Music", "Games", "Electronics", "Home", "Garden", "Tools", "Grocery", "Toys", "Clothing",
        "Sports"}},
      {"commerce.color", {"red", "green", "blue", "yellow", "purple", "orange", "teal", "black", "white", "gray"}},
      {"commerce.promotioncode", {"CoolSale######", "GreatDeal######", "SpecialPromo######"}},
      {"commerce.price", {"{price}"}},
      {"color.name", {"red", "green", "blue", "yellow", "purple", "orange", "teal", "black", "white", "gray"}},
      {"company.name",
       {"{name.lastname} GmbH", "{name.lastname} Inc", "{name.lastname} and Sons", "{name.lastname} Ltd"}},
      {"company.industry", {"Banking", "Farming", "Logistics", "Retail", "Software", "Energy", "Insurance", "Media"}},
      {"company.buzzword", {"scalable", "seamless", "robust", "agile", "open", "incremental"}},
      {"company.catchphrase", {"Robust streaming platform", "Seamless open lakehouse", "Incremental data engine"}},
      {"currency.code", {"EUR", "USD", "GBP", "JPY", "CHF", "SEK", "INR", "BRL", "CAD", "AUD"}},
      {"currency.name", {"Euro", "US Dollar", "Pound Sterling", "Yen", "Swiss Franc", "Rupee", "Real"}},
      {"finance.creditcard", {"4###-####-####-####", "5###-####-####-####"}},
      {"finance.iban", {"DE####################", "FR#########################"}},
      {"stock.nsdqsymbol", {"AAPL", "AMZN", "GOOG", "MSFT", "NFLX", "NVDA", "TSLA", "INTC", "ADBE", "CSCO"}},
      {"stock.nysesymbol", {"BA", "GE", "IBM", "JPM", "KO", "MCD", "NKE", "PFE", "T", "WMT"}},
      {"lorem.word",
       {"lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "eiusmod", "tempor",
        "magna"}},
      {"lorem.sentence", {"{lorem.word} {lorem.word} {lorem.word} {lorem.word} {lorem.word}."}},
      {"lorem.paragraph", {"{lorem.sentence} {lorem.sentence} {lorem.sentence}"}},
      {"book.title",
       {"The Long Winter", "A River of Glass", "Notes on Ice", "The Last Index", "Open Water", "Paper Towns"}},
      {"book.author", {"{name.fullname}"}},
      {"book.genre", {"Fable", "Essay", "Mystery", "Fantasy", "Biography", "Science fiction"}},
      {"book.publisher", {"North Press", "Harbour Books", "Elm House", "Meridian"}},
      {"music.genre", {"Jazz", "Rock", "Pop", "Folk", "Classical", "Blues", "Electronic", "Soul"}},
      {"music.instrument", {"Piano", "Guitar", "Violin", "Cello", "Flute", "Drums", "Trumpet"}},
  };
  return kLists;
}

const std::map<std::string_view, List>& Everyday() {
  static const std::map<std::string_view, List> kLists = {
      {"beer.name", {"Amber Ale", "Dark Stout", "Golden Pils", "Harvest Wheat", "River IPA"}},
      {"beer.style", {"Pilsner", "Stout", "IPA", "Wheat", "Porter", "Lager"}},
      {"food.dish", {"Pizza", "Ramen", "Tacos", "Paella", "Biryani", "Falafel", "Goulash", "Sushi"}},
      {"food.ingredient", {"Rice", "Tomato", "Garlic", "Basil", "Beans", "Cheese", "Egg", "Lemon"}},
      {"food.fruit", {"Apple", "Banana", "Cherry", "Mango", "Pear", "Plum", "Peach"}},
      {"food.vegetable", {"Carrot", "Leek", "Onion", "Pepper", "Spinach", "Turnip"}},
      {"coffee.blendname", {"Morning Star", "Dark Harbor", "Blue Ridge", "Summit Roast"}},
      {"animal.name", {"otter", "lynx", "heron", "badger", "fox", "owl", "seal", "crane"}},
      {"cat.name", {"Luna", "Milo", "Oscar", "Nala", "Simba"}},
      {"dog.name", {"Bella", "Max", "Rocky", "Daisy", "Rex"}},
      {"team.name", {"{address.city} Foxes", "{address.city} Owls", "{address.city} Bears"}},
      {"team.sport", {"football", "basketball", "hockey", "handball", "rugby"}},
      {"app.name", {"Bamity", "Zontrax", "Fixflex", "Voltsillam", "Tempsoft"}},
      {"app.version", {"0.#.#", "#.#.##", "#.##"}},
      {"device.modelname", {"Pixel 8", "iPhone 15", "Galaxy S23", "Xperia 5", "Nokia 3310"}},
      {"device.platform", {"Android", "iOS", "Windows", "Linux"}},
      {"file.extension", {"csv", "json", "pdf", "png", "txt", "zip", "mp3"}},
      {"file.filename", {"{lorem.word}.{file.extension}"}},
      {"file.mimetype", {"application/json", "text/plain", "image/png", "text/html"}},
      {"programminglanguage.name", {"C++", "Java", "Python", "Go", "Rust", "SQL", "Kotlin"}},
      {"vehicle.make", {"Audi", "BMW", "Fiat", "Ford", "Honda", "Kia", "Seat", "Tesla", "Toyota", "Volvo"}},
      {"code.isbn10", {"##########"}},
      {"code.isbn13", {"978##########"}},
      {"code.ean13", {"#############"}},
      {"idnumber.valid", {"###-##-####"}},
      {"internet.domainname", {"{lower.last}.com", "{lower.last}.org", "{lower.last}.io"}},
      {"internet.domainword", {"{lower.last}"}},
      {"internet.emailaddress", {"{lower.first}.{lower.last}@example.com", "{lower.first}##@example.org"}},
      {"internet.safeemailaddress", {"{lower.first}.{lower.last}@example.com"}},
      {"internet.url", {"https://www.{internet.domainname}/{lorem.word}"}},
      {"internet.slug", {"{lorem.word}-{lorem.word}"}},
      {"internet.image", {"https://img.example.com/{lorem.word}/###/###"}},
      {"internet.httpmethod", {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"}},
      {"internet.publicipv4address", {"{ipv4.public}"}},
      {"internet.ipv4address", {"{ipv4.public}"}},
      {"internet.privateipv4address", {"{ipv4.private}"}},
      {"internet.ipv6address", {"{ipv6}"}},
      {"internet.macaddress", {"{mac}"}},
      {"internet.uuid", {"{uuid}"}},
      {"internet.useragentany",
       {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1##.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:1##.0) Gecko/20100101 Firefox/1##.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.# "
        "Safari/605.1.15",
        "curl/8.#.0"}},
      {"internet.useragent", {"{internet.useragentany}"}},
      {"bool.bool", {"true", "false"}},
      {"hashing.md5", {"{hex32}"}},
      {"crypto.md5", {"{hex32}"}},
      {"crypto.sha1", {"{hex32}"}},
  };
  return kLists;
}

}  // namespace

std::span<const std::string_view> Words(std::string_view provider) {
  for (const auto* lists : {&People(), &Places(), &Things(), &Everyday()}) {
    if (auto it = lists->find(provider); it != lists->end()) return it->second;
  }
  return {};
}

std::vector<std::string> ProviderNames() {
  std::vector<std::string> names;
  for (const auto* lists : {&People(), &Places(), &Things(), &Everyday()}) {
    for (const auto& [name, words] : *lists) names.emplace_back(name);
  }
  return names;
}

}  // namespace floe::connect::faker
