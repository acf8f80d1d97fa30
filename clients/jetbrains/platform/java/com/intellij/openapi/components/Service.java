package com.intellij.openapi.components;

@java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME)
public @interface Service {
  Level[] value() default { };
  enum Level { APP, PROJECT }
}
