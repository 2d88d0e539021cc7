#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "roux/di/detail/make_provider.h"
#include "roux/di/registration.h"
#include "roux/di/resolver.h"
#include "roux/di/section.h"
#include "roux/di/where.h"

namespace roux::di {

struct Graph;

// Knows how everything is made, and makes each thing once, when it is first asked for.
//
//   Container container;
//   container.provide<Clock>([] { return std::make_unique<SystemClock>(); });
//   container.provide<Trainer>([](Model& model, Clock& clock) {
//     return std::make_unique<Trainer>(model, clock);
//   });
//   container.seal();
//   container.get<Trainer>().train();
//
// A provider is a function whose parameters are its dependencies: T&, const T&, std::shared_ptr<T>,
// T* (null if nothing provides it), Keyed<T, "name">, Lazy<T>, Factory<T>, All<T>, Resolver&. It
// returns std::unique_ptr<U>, std::shared_ptr<U>, a U, or a U& that someone else keeps alive, where
// U is T or derives from it. For `const T` only const views are injected.
//
// Wherever a T is registered or asked for, Keyed<T, "name"> is another one than T.
//
// Registering what can't be right throws WiringError at once; seal() finds the rest.
//
// Thread safety: one thread until it is sealed; then any (see Resolver).
// Lifetime: destroys what it built in the reverse order, and reports each shared_ptr that someone
// still holds then. Must be destroyed after its child containers.
class Container : public Resolver {
 public:
  Container();
  Container(Container&& other) noexcept;
  Container& operator=(Container&&) = delete;
  ~Container();

  // ---- What there is ----

  // One T for all who ask.
  template <typename T, typename F>
  Registration provide(F function, Where where = Where::here()) {
    return add(key_of<T>(), detail::make_provider<Object<T>>(std::move(function)), where);
  }

  // A T that exists already.
  template <typename T>
  void instance(std::shared_ptr<Object<T>> object, Where where = Where::here()) {
    add_instance(key_of<T>(), detail::forget_type(std::move(object)), std::is_const_v<Object<T>>,
                 where);
  }

  // A T that exists already and outlives the container.
  template <typename T>
  void instance(Object<T>& object, Where where = Where::here()) {
    add_instance(key_of<T>(), detail::borrow(object), std::is_const_v<Object<T>>, where);
  }
  template <typename T>
  void instance(const Object<T>&& temporary, Where where = Where::here()) = delete;

  // An object whose class is known only while running, such as a section of the config; `key` must
  // be of that class. For const views only.
  void instance(const Key& key, std::shared_ptr<const void> object, Where where = Where::here());

  // One more of the Ts that All<T> gives.
  template <typename T, typename F>
  void collect(F function, Where where = Where::here()) {
    add_member(key_of<T>(), detail::make_provider<Object<T>>(std::move(function)), where);
  }

  // ---- Changing what there is ----

  // Another way to make T, whoever said before how, a section of the config included. What
  // decorates T goes on doing so, and a transient stays one. In a child container it hides the
  // parent's T.
  template <typename T, typename F>
  Registration replace(F function, Where where = Where::here()) {
    return add_replacement(key_of<T>(), detail::make_provider<Object<T>>(std::move(function)),
                           where);
  }

  // Wraps T: the function's first parameter is the T so far, as T& or std::shared_ptr<T>. The last
  // decorator is the outermost. What it wraps is destroyed after it.
  template <typename T, typename F>
  void decorate(F function, Where where = Where::here()) {
    add_decorator(key_of<T>(), detail::make_decorator<Object<T>>(std::move(function)), where);
  }

  // ---- What the config chooses ----

  // One of several Ts, from which a section of the config chooses by name. The function's first
  // parameter is its own config, as the section has it; the others are dependencies.
  template <typename T, typename F>
  Registration component(std::string name, F function, Where where = Where::here()) {
    using Config = detail::ConfigOf<F>;
    auto provider = detail::make_component<T>(std::move(function));
    return add_component({.kind = TypeId::of<T>(),
                          .name = std::move(name),
                          .config = TypeId::of<Config>(),
                          .schema = detail::schema_of<Config>(),
                          .where = where},
                         std::move(provider));
  }

  // Says which section of the config chooses T, or with All<T> adds to its collection.
  template <typename T>
  void section(std::string path, Where where = Where::here()) {
    using Traits = detail::SectionTraits<T>;
    add_section({.path = std::move(path),
                 .key = key_of<typename Traits::Chosen>(),
                 .many = Traits::kMany,
                 .where = where});
  }

  // What is registered, in that order, for whoever reads the config. A child lists its parent's
  // too.
  std::vector<SectionInfo> sections() const;
  std::vector<ComponentInfo> components() const;
  std::vector<ComponentInfo> components(const TypeId& kind) const;

  // Binds a section to the component that the config names, once, or once per entry of a list. A
  // section that never chooses leaves its T unprovided. `config` is of the component's config type,
  // and may be shared. Throws ConfigError if there is no component of that name.
  void choose(std::string_view section, std::string_view component,
              std::shared_ptr<const void> config);

  // ---- Building ----

  // Checks the whole graph without building anything, and throws one WiringError with everything
  // that is wrong in it; nothing can be registered afterwards. Components that were not chosen are
  // not looked at.
  void seal();
  bool sealed() const;

  // A container for things that live shorter: it finds its own first, then what this one has, and
  // may hide the latter by replace() only. Requires: sealed.
  Container child();

  Graph graph() const;

  // Where a container tells what it finds wrong while it is destroyed, when it is too late to
  // throw: a warning in the log unless set. Child containers made later have it too.
  void report_to(std::function<void(const std::string& problem)> report);

 private:
  explicit Container(std::shared_ptr<detail::Scope> scope);

  Registration add(const Key& key, detail::Provider provider, Where where);
  void add_instance(const Key& key, detail::Instance object, bool is_const, Where where);
  void add_member(const Key& key, detail::Provider provider, Where where);
  Registration add_replacement(const Key& key, detail::Provider provider, Where where);
  void add_decorator(const Key& key, detail::Provider provider, Where where);
  Registration add_component(ComponentInfo info, detail::Provider provider);
  void add_section(SectionInfo info);

  std::shared_ptr<detail::Scope>
      scope_;  // also held by what outlives this: Lazy, Factory, children
};

}  // namespace roux::di
